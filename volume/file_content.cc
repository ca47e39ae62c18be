#include "volume/file_content.h"

#include "base/min_max.h"

namespace scone::volume {
namespace {

constexpr size_t kReadAtOnce = size_t{256} << 10;

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

// Precondition: `chunk` has the chunk's stored size.
Result<void> FileContent::read_chunk(uint64_t index, MutableBytes chunk) {
  const ChunkEntry* entry = node_.chunks_.find(index);
  if (!entry) {
    __builtin_memset(chunk.data(), 0, chunk.size());
    return ok();
  }
  TRY(host_files_.open(node_, false));
  const uint64_t position = uint64_t{entry->slot} * chunk_size_;
  const auto got = file().host->pread(position, chunk);
  if (!got.ok()) return damaged(position, "host file cannot be read");
  if (got.value() >= chunk.size()) return open_chunk(index, *entry, chunk);
  if (take_from_journal(index, *entry, chunk)) return ok();
  return damaged(position, "host file is too short: truncated");
}

// Reads chunks that stand one behind the other in the host file, at least one, with one call to the host. They go to `into` as a whole.
// Precondition: chunk `index` fits into `into`.
Result<size_t> FileContent::read_run(uint64_t index, MutableBytes into) {
  const ChunkEntry* first = node_.chunks_.find(index);
  if (!first) {
    const size_t size = stored_size(index);
    TRY(read_chunk(index, into.first(size)));
    return size;
  }
  const uint64_t end = chunk_count(node_.size_, chunk_size_);
  size_t size = stored_size(index);
  uint64_t count = 1;
  for (; index + count < end && size < kReadAtOnce && index + count != file().buffered; ++count) {
    const ChunkEntry* next = node_.chunks_.find(index + count);
    if (!next || next->slot != first->slot + count || stored_size(index + count) > into.size() - size) break;
    size += stored_size(index + count);
  }
  TRY(host_files_.open(node_, false));
  const uint64_t position = uint64_t{first->slot} * chunk_size_;
  const auto got = file().host->pread(position, into.first(size));
  const size_t available = got.ok() ? min_of(got.value(), size) : 0;
  size_t done = 0;
  for (uint64_t i = index; i < index + count; ++i) {
    const MutableBytes chunk = into.subspan(done, stored_size(i));
    Result<void> opened = ok();
    if (!got.ok())
      opened = damaged(position, "host file cannot be read");
    else if (done + chunk.size() > available && !take_from_journal(i, *node_.chunks_.find(i), chunk))
      opened = damaged(position + done, "host file is too short: truncated");
    else if (done + chunk.size() <= available)
      opened = open_chunk(i, *node_.chunks_.find(i), chunk);
    if (!opened.ok()) {
      __builtin_memset(chunk.data(), 0, into.first(size).size() - done);
      if (done > 0) return done;  // the next read comes here and fails
      return opened.error();
    }
    done += chunk.size();
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

// At least one byte, at most up to the end of a chunk or of several that are read as a whole. Precondition: offset < size.
Result<size_t> FileContent::read_piece(uint64_t offset, MutableBytes into) {
  OpenFile& open = file();
  const uint64_t index = offset / chunk_size_;
  const size_t within = offset % chunk_size_;
  const size_t stored = stored_size(index);
  if (open.buffered != index && within == 0 && into.size() >= stored) return read_run(index, into);
  const size_t size = min_of(into.size(), stored - within);
  if (open.buffered != index && open.buffer_changed) {  // the buffer is needed where it is
    Array<uint8_t> chunk;
    TRY(chunk.resize(stored, 0));
    TRY(read_chunk(index, chunk.span()));
    __builtin_memcpy(into.data(), chunk.begin() + within, size);
    return size;
  }
  if (open.buffered != index) TRY(load(index));
  __builtin_memcpy(into.data(), open.buffer + within, size);
  return size;
}

Result<size_t> FileContent::read(uint64_t offset, MutableBytes into) {
  if (offset >= node_.size_ || into.empty()) return size_t{0};
  TRY(ready());
  const size_t wanted = static_cast<size_t>(min_of<uint64_t>(into.size(), node_.size_ - offset));
  size_t done = 0;
  while (done < wanted) {
    const auto piece = read_piece(offset + done, into.subspan(done, wanted - done));
    if (!piece.ok()) {
      __builtin_memset(into.data() + done, 0, wanted - done);
      if (done > 0) return done;
      return piece.error();
    }
    done += piece.value();
  }
  return done;
}

}  // namespace scone::volume
