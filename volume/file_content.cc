#include "volume/file_content.h"

#include "base/min_max.h"

namespace scone::volume {
namespace {

constexpr size_t kReadAtOnce = size_t{256} << 10;
constexpr size_t kPiecesAtOnce = 128;

std::array<uint8_t, crypto::kNonceSize> nonce_of(uint64_t counter) {
  std::array<uint8_t, crypto::kNonceSize> nonce{};
  for (size_t i = 0; i < 8; ++i) nonce[i] = static_cast<uint8_t>(counter >> (8 * i));
  return nonce;
}

// What a chunk's tag covers besides its bytes. The key covers volume, file and epoch, the nonce the version.
struct Position {
  uint8_t bytes[16];

  Position(uint64_t file_id, uint64_t index) {
    for (size_t i = 0; i < 8; ++i) {
      bytes[i] = static_cast<uint8_t>(file_id >> (8 * i));
      bytes[8 + i] = static_cast<uint8_t>(index >> (8 * i));
    }
  }
};

}  // namespace

Result<void> FileContent::ready() {
  if (!node_.open_) node_.open_ = new (std::nothrow) OpenFile;
  if (!node_.open_) return Errno(ENOMEM);
  return ok();
}

size_t FileContent::stored_size(uint64_t index) const {
  return static_cast<size_t>(min_of<uint64_t>(chunk_size_, node_.size_ - index * chunk_size_));
}

Errno FileContent::failed(Errno error, uint64_t position, std::string_view reason) {
  const auto path = host_files_.path_of(node_);
  return state_.refuse(error.code(), path.ok() ? path.value().view() : node_.name(), reason, position);
}

// EBADMSG: it is not what was sealed, or its epoch is not known.
Result<void> FileContent::unseal(uint64_t index, const ChunkEntry& entry, MutableBytes chunk) {
  crypto::AesGcm* cipher =
      TRY(file().ciphers.find(state_.keys, entry.epoch, node_.id_, node_.region_->key_bits));
  const Position position(node_.id_, index);
  const auto nonce = nonce_of(entry.counter);
  if (is_encrypted()) return cipher->open(nonce, position.bytes, chunk, entry.tag, chunk.data());
  return cipher->verify(nonce, position.bytes, chunk, entry.tag);
}

// The power went before the chunk was in its slot, and nobody could put it there since.
bool FileContent::take_from_journal(uint64_t index, const ChunkEntry& entry, MutableBytes chunk) {
  for (const KeptChunk& kept : state_.kept) {
    if (kept.node != node_.id_ || kept.chunk != index || kept.size != chunk.size()) continue;
    __builtin_memcpy(chunk.data(), state_.kept_bytes.begin() + kept.begin, kept.size);
    if (unseal(index, entry, chunk).ok()) return true;
  }
  __builtin_memset(chunk.data(), 0, chunk.size());
  return false;
}

Result<void> FileContent::open_chunk(uint64_t index, const ChunkEntry& entry, MutableBytes chunk) {
  const auto unsealed = unseal(index, entry, chunk);
  if (unsealed.ok() || take_from_journal(index, entry, chunk)) return ok();
  if (unsealed.error() != Errno(EBADMSG)) return unsealed.error();
  return damaged(uint64_t{entry.slot} * chunk_size_,
                 "chunk does not verify: changed, swapped or rolled back");
}

Result<void> FileContent::seal_chunk(uint64_t index, Bytes plain, uint8_t* sealed, ChunkEntry* entry) {
  const uint32_t epoch = TRY(state_.keys.current_epoch());
  entry->epoch = epoch & FileKeys::kMaxEpoch;
  entry->counter = state_.keys.next_counter();
  crypto::AesGcm* cipher =
      TRY(file().ciphers.find(state_.keys, entry->epoch, node_.id_, node_.region_->key_bits));
  const Position position(node_.id_, index);
  const auto nonce = nonce_of(entry->counter);
  if (is_encrypted()) return cipher->seal(nonce, position.bytes, plain, sealed, entry->tag);
  if (sealed != plain.data()) __builtin_memcpy(sealed, plain.data(), plain.size());
  return cipher->authenticate(nonce, position.bytes, plain, entry->tag);
}

// What the host gave as the chunk is verified and decrypted where it is.
Result<void> FileContent::open_piece(uint64_t index, const ReadPiece& piece) {
  const ChunkEntry& entry = *node_.chunks_.find(index);
  if (piece.failed) return damaged(piece.offset, "host file cannot be read");
  if (piece.got == piece.bytes.size()) return open_chunk(index, entry, piece.bytes);
  if (take_from_journal(index, entry, piece.bytes)) return ok();
  return damaged(piece.offset, "host file is too short: truncated");
}

// Precondition: `chunk` has the chunk's stored size.
Result<void> FileContent::read_chunk(uint64_t index, MutableBytes chunk) {
  const ChunkEntry* entry = node_.chunks_.find(index);
  if (!entry) {
    __builtin_memset(chunk.data(), 0, chunk.size());
    return ok();
  }
  TRY(host_files_.open(node_, false));
  ReadPiece piece{uint64_t{entry->slot} * chunk_size_, chunk};
  file().host->pread_all({&piece, 1});
  return open_piece(index, piece);
}

// Reads chunks that the host file has, at least one, with one call. They go to `to` as a whole, from `begin` on.
// Precondition: chunk `index` fits there.
Result<size_t> FileContent::read_run(uint64_t index, const Parts& to, size_t begin) {
  if (!node_.chunks_.find(index)) {
    const size_t size = stored_size(index);
    TRY(read_chunk(index, to.at(begin, size)));
    return size;
  }
  const uint64_t end = chunk_count(node_.size_, chunk_size_);
  ReadPiece pieces[kPiecesAtOnce];
  size_t size = 0, count = 0;
  for (uint64_t i = index; i < end && count < kPiecesAtOnce && size < kReadAtOnce; ++i) {
    const ChunkEntry* entry = node_.chunks_.find(i);
    const MutableBytes place = to.at(begin + size, stored_size(i));
    if (!entry || place.empty() || i == file().buffered) break;
    pieces[count++] = {uint64_t{entry->slot} * chunk_size_, place};
    size += place.size();
  }
  TRY(host_files_.open(node_, false));
  file().host->pread_all({pieces, count});
  size_t done = 0;
  for (size_t i = 0; i < count; done += pieces[i++].bytes.size()) {
    const auto opened = open_piece(index + i, pieces[i]);
    if (opened.ok()) continue;
    for (; i < count; ++i) __builtin_memset(pieces[i].bytes.data(), 0, pieces[i].bytes.size());
    if (done > 0) return done;  // the next read comes here and fails
    return opened.error();
  }
  return size;
}

// Brings a chunk into the buffer. Precondition: the buffer has no changes.
Result<void> FileContent::load(uint64_t index) {
  OpenFile& open = file();
  TRY(open.make_buffer(chunk_size_));
  open.buffered = OpenFile::kNoChunk;
  const size_t stored = index * chunk_size_ < node_.size_ ? stored_size(index) : 0;
  if (stored) TRY(read_chunk(index, {open.buffer, stored}));
  __builtin_memset(open.buffer + stored, 0, chunk_size_ - stored);
  open.buffered = index;
  return ok();
}

// At least one byte, at most up to the end of a chunk or of several that are read as a whole. Precondition: offset < size, room in `to`.
Result<size_t> FileContent::read_piece(uint64_t offset, const Parts& to, size_t begin) {
  OpenFile& open = file();
  const uint64_t index = offset / chunk_size_;
  const size_t within = offset % chunk_size_;
  const size_t stored = stored_size(index);
  if (open.buffered != index && within == 0 && !to.at(begin, stored).empty())
    return read_run(index, to, begin);
  MutableBytes into = to.rest_of_part(begin);
  into = into.first(min_of(into.size(), stored - within));
  if (open.buffered != index && open.buffer_changed) {  // the buffer is needed where it is
    Array<uint8_t> chunk;
    TRY(chunk.resize(stored, 0));
    TRY(read_chunk(index, chunk.span()));
    __builtin_memcpy(into.data(), chunk.begin() + within, into.size());
    return into.size();
  }
  if (open.buffered != index) TRY(load(index));
  __builtin_memcpy(into.data(), open.buffer + within, into.size());
  return into.size();
}

Result<size_t> FileContent::read(uint64_t offset, const Parts& to) {
  if (offset >= node_.size_ || to.size() == 0) return size_t{0};
  TRY(ready());
  const size_t wanted = static_cast<size_t>(min_of<uint64_t>(to.size(), node_.size_ - offset));
  size_t done = 0;
  while (done < wanted) {
    const auto piece = read_piece(offset + done, to, done);
    if (!piece.ok()) {
      to.clear_from(done);
      if (done > 0) return done;
      return piece.error();
    }
    done += piece.value();
  }
  return done;
}

}  // namespace scone::volume
