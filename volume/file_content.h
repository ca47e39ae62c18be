// Reading and writing what files hold: chunks sealed one by one, never overwritten while a commit refers to them.
#pragma once

#include <cstdint>
#include <optional>

#include "base/result.h"
#include "volume/host_files.h"
#include "volume/open_file.h"
#include "volume/parts.h"
#include "volume/state.h"

namespace scone::volume {

// For one file during one call. Locking as Volume has it.
class FileContent {
 public:
  FileContent(State& state, Node& node)
      : state_(state), node_(node), chunk_size_(node.region_->chunk_size), host_files_(state) {}

  Result<size_t> read(uint64_t offset, const Parts& to);
  Result<void> write(uint64_t offset, Bytes from);
  Result<void> write_back(std::span<const Piece> pieces, std::optional<int64_t> modified);
  Result<void> truncate(uint64_t size);
  // Writes what is buffered to the host file.
  Result<void> flush();
  // Makes the host file safe. Precondition: flushed.
  Result<void> sync_host();
  // The host file was made safe together with others.
  void synced_with_others();
  // What the slots of chunks have, not verified, one piece for each; empty for a hole. `into` has room for whole chunks.
  Result<void> read_stored(std::span<const uint64_t> chunks, MutableBytes into, Array<ReadPiece>* pieces);
  Result<void> restore(uint64_t index, Bytes bytes);
  // Seals what stands in the host file already as the chunks of an authenticated file of `size` bytes.
  Result<void> adopt(uint64_t size);
  // The node's OpenFile. ENOMEM.
  Result<void> ready();

  // Bytes that chunk `index` has: all but the last are full. Precondition: index * chunk size < size.
  size_t stored_size(uint64_t index) const;
  static uint64_t chunk_count(uint64_t size, uint32_t chunk_size) {
    return size / chunk_size + (size % chunk_size != 0);
  }

 private:
  class Run;

  OpenFile& file() { return *node_.open_; }
  bool is_encrypted() const { return node_.region_->protection == Protection::kEncrypted; }
  Errno damaged(uint64_t position, std::string_view reason) { return failed(Errno(EIO), position, reason); }
  Errno failed(Errno error, uint64_t position, std::string_view reason);

  Result<void> open_chunk(uint64_t index, const ChunkEntry& entry, MutableBytes chunk);
  Result<void> unseal(uint64_t index, const ChunkEntry& entry, MutableBytes chunk);
  bool take_from_journal(uint64_t index, const ChunkEntry& entry, MutableBytes chunk);
  Result<void> seal_chunk(uint64_t index, Bytes plain, uint8_t* sealed, ChunkEntry* entry);
  Result<void> read_chunk(uint64_t index, MutableBytes chunk);
  Result<void> open_piece(uint64_t index, const ReadPiece& piece);
  Result<size_t> read_run(uint64_t index, const Parts& to, size_t begin);
  Result<void> load(uint64_t index);
  Result<size_t> read_piece(uint64_t offset, const Parts& to, size_t begin);

  Result<void> know_slots();
  Result<void> write_whole(uint64_t offset, Bytes from);
  size_t count_whole(std::span<const Piece> pieces) const;
  Result<void> write_chunks(std::span<const Piece> pieces);
  Result<void> seal_run(Run& run, std::span<const Piece> pieces);
  void install_run(const Run& run, std::span<const Piece> pieces, bool written);
  Result<void> write_run(const Run& run);
  void install(uint64_t index, const ChunkEntry& entry);
  Result<void> buffer(uint64_t index);
  Result<void> extend(uint64_t size);
  void drop_from(uint64_t first_chunk, uint64_t last_chunk);
  void content_changed(int64_t now);
  Result<void> rewrite_changed();

  State& state_;
  Node& node_;
  const uint32_t chunk_size_;
  HostFiles host_files_;
};

}  // namespace scone::volume
