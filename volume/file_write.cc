// FileContent: writing.
#include "base/min_max.h"
#include "volume/file_content.h"

namespace scone::volume {
namespace {

constexpr size_t kWriteAtOnce = size_t{256} << 10;
constexpr size_t kPiecesAtOnce = 128;

}  // namespace

// Chunks that are sealed, then written together, then installed.
class FileContent::Run {
 public:
  // Room for `chunks`. ENOMEM.
  Result<void> prepare(size_t chunks, uint32_t chunk_size) {
    limit = chunks;
    TRY(entries.reserve(limit));
    TRY(places.reserve(limit));
    return bytes.reserve(limit * chunk_size);
  }
  void clear() {
    entries.clear();
    places.clear();
    bytes.clear();
  }
  size_t limit = 0;  // chunks
  Array<ChunkEntry> entries;
  Array<Piece> places;  // of what is sealed, in the host file
  Array<uint8_t> bytes;
};

void FileContent::content_changed(int64_t now) {
  node_.content_changed_ = true;
  node_.attributes_.mtime = node_.attributes_.ctime = now;
  state_.mark_dirty(node_);
}

Result<void> FileContent::know_slots() {
  OpenFile& open = file();
  if (open.slots_known) return ok();
  SlotMap slots;
  const uint64_t end = chunk_count(node_.size_, chunk_size_);
  for (uint64_t i = node_.chunks_.next_possible(0); i < end; i = node_.chunks_.next_possible(i + 1)) {
    const ChunkEntry* entry = node_.chunks_.find(i);
    if (!entry) continue;
    auto marked = slots.mark(entry->slot);
    if (!marked.ok() && marked.error() == Errno(EEXIST))
      return damaged(i * chunk_size_, "two chunks claim one place");
    TRY(marked);
  }
  open.slots = std::move(slots);
  open.slots_known = true;
  return ok();
}

// Precondition: room in `superseded` and `changed`, and for an entry at `index`.
void FileContent::install(uint64_t index, const ChunkEntry& entry) {
  OpenFile& open = file();
  ChunkEntry* place = node_.chunks_.at(index).value_or(nullptr);
  if (place->is_hole())
    ++node_.stored_chunks_;
  else if (place->fresh)
    open.slots.free(place->slot);
  else
    (void)open.superseded.push(place->slot);
  if (!place->changed) (void)open.changed.push(index);
  *place = entry;
  place->changed = place->fresh = true;
  if (open.buffered == index) {  // what was written is newer, or the same
    open.buffered = OpenFile::kNoChunk;
    open.buffer_changed = false;
  }
}

// Seals as many chunks as one call is good for; their slots are taken even on error.
Result<void> FileContent::seal_run(Run& run, std::span<const Piece> pieces) {
  TRY(run.prepare(min_of(pieces.size(), max_of<size_t>(kWriteAtOnce / chunk_size_, 1)), chunk_size_));
  for (const Piece& piece : pieces.first(run.limit)) {
    const uint64_t chunk = piece.offset / chunk_size_;
    TRY(node_.chunks_.at(chunk));
    ChunkEntry entry;
    // Never over the version before, even if no commit refers to it: this write may fail half-way.
    entry.slot = TRY(file().slots.take(static_cast<uint32_t>(chunk)));
    TRY(run.entries.push(entry));  // cannot fail, nor can the others: reserved
    const MutableBytes sealed = TRY(run.bytes.extend(piece.bytes.size()));
    TRY(seal_chunk(chunk, piece.bytes, sealed.data(), &run.entries[run.entries.size() - 1]));
    TRY(run.places.push({uint64_t{entry.slot} * chunk_size_, sealed}));
    if (piece.bytes.size() < chunk_size_) break;  // the file's last one
  }
  OpenFile& open = file();
  TRY(open.superseded.make_room(run.entries.size()));
  return open.changed.make_room(run.entries.size());
}

Result<void> FileContent::write_run(const Run& run) {
  node_.needs_sync_ = true;
  const auto written = file().host->pwrite_all(run.places.span());
  if (!written.ok()) return failed(written.error(), run.places[0].offset, "host file cannot be written");
  return ok();
}

void FileContent::install_run(const Run& run, std::span<const Piece> pieces, bool written) {
  for (size_t i = 0; i < run.entries.size(); ++i) {
    if (!written) {
      file().slots.free(run.entries[i].slot);
      continue;
    }
    install(pieces[i].offset / chunk_size_, run.entries[i]);
    node_.size_ = max_of(node_.size_, pieces[i].offset + pieces[i].bytes.size());
  }
}

// Seals and writes chunks: full ones, or the file's last one in its stored size.
Result<void> FileContent::write_chunks(std::span<const Piece> pieces) {
  TRY(know_slots());
  TRY(host_files_.open(node_, true));
  Run run;
  while (!pieces.empty()) {
    run.clear();
    auto result = seal_run(run, pieces);
    if (result.ok()) result = write_run(run);
    install_run(run, pieces, result.ok());
    TRY(result);
    pieces = pieces.subspan(run.entries.size());
  }
  return ok();
}

Result<void> FileContent::flush() {
  OpenFile* open = node_.open_;
  if (!open || !open->buffer_changed) return ok();
  const uint64_t index = open->buffered;
  const Piece piece{index * chunk_size_, {open->buffer, stored_size(index)}};
  TRY(write_chunks({&piece, 1}));
  open->buffered = index;  // what is in the buffer is now on the host, too
  return ok();
}

// Makes `index` the buffered chunk, to be changed.
Result<void> FileContent::buffer(uint64_t index) {
  if (file().buffered == index) return ok();
  TRY(flush());
  return load(index);
}

// The file grows by zeros. The last chunk, if not full, is longer from now on and has to be sealed anew.
Result<void> FileContent::extend(uint64_t size) {
  const uint64_t last = node_.size_ / chunk_size_;
  if (node_.size_ % chunk_size_ != 0 && (node_.chunks_.find(last) || file().buffered == last)) {
    TRY(buffer(last));
    file().buffer_changed = true;
  }
  node_.size_ = size;
  content_changed(state_.now());
  return ok();
}

// Precondition: whole chunks.
Result<void> FileContent::write_whole(uint64_t offset, Bytes from) {
  Piece pieces[kPiecesAtOnce];
  while (!from.empty()) {
    size_t count = 0;
    for (; count < kPiecesAtOnce && !from.empty(); ++count, offset += chunk_size_) {
      pieces[count] = {offset, from.first(chunk_size_)};
      from = from.subspan(chunk_size_);
    }
    TRY(write_chunks({pieces, count}));
  }
  return ok();
}

Result<void> FileContent::write(uint64_t offset, Bytes from) {
  if (from.empty()) return ok();
  const uint64_t limit = ChunkMap::kMaxChunks * chunk_size_;
  if (offset > limit || from.size() > limit - offset) return Errno(EFBIG);
  TRY(ready());
  if (offset > node_.size_) TRY(extend(offset));
  content_changed(state_.now());
  size_t done = 0;
  while (done < from.size()) {
    const uint64_t position = offset + done;
    const uint64_t index = position / chunk_size_;
    const size_t within = position % chunk_size_;
    size_t piece = min_of(chunk_size_ - within, from.size() - done);
    if (piece == chunk_size_) {
      piece = (from.size() - done) / chunk_size_ * chunk_size_;
      TRY(write_whole(position, from.subspan(done, piece)));
    } else {
      TRY(buffer(index));
      __builtin_memcpy(file().buffer + within, from.data() + done, piece);
      file().buffer_changed = true;
    }
    done += piece;
    if (position + piece > node_.size_) node_.size_ = position + piece;
  }
  return ok();
}

// How many pieces from the first on are what write_chunks() takes.
size_t FileContent::count_whole(std::span<const Piece> pieces) const {
  size_t count = 0;
  for (const Piece& piece : pieces) {
    const bool full = piece.bytes.size() == chunk_size_;
    const bool last = piece.bytes.size() < chunk_size_ && piece.offset + piece.bytes.size() >= node_.size_;
    if (piece.offset % chunk_size_ != 0 || !(full || last)) break;
    ++count;
    if (last) break;
  }
  return count;
}

Result<void> FileContent::write_back(std::span<const Piece> pieces, std::optional<int64_t> modified) {
  if (pieces.empty()) return ok();
  TRY(ready());
  const Attributes before = node_.attributes_;
  // First of all, because a last chunk that is not full is longer from now on.
  if (pieces.back().offset > node_.size_) TRY(extend(pieces.back().offset));
  while (!pieces.empty()) {
    size_t count = count_whole(pieces);
    if (count > 0) {
      TRY(write_chunks(pieces.first(count)));
    } else {
      TRY(write(pieces[0].offset, pieces[0].bytes));
      count = 1;
    }
    pieces = pieces.subspan(count);
  }
  content_changed(modified.value_or(before.mtime));
  if (!modified) node_.attributes_.ctime = before.ctime;
  return ok();
}

// Chunks [first_chunk, last_chunk) become holes.
void FileContent::drop_from(uint64_t first_chunk, uint64_t last_chunk) {
  OpenFile& open = file();
  for (uint64_t i = node_.chunks_.next_possible(first_chunk); i < last_chunk;
       i = node_.chunks_.next_possible(i + 1)) {
    ChunkEntry* entry = node_.chunks_.find(i);
    if (!entry) continue;
    if (entry->fresh)
      open.slots.free(entry->slot);
    else
      (void)open.superseded.push(
          entry->slot);  // without memory the slot is not used again until the next mount
    *entry = ChunkEntry{};
    --node_.stored_chunks_;
  }
  if (open.buffered != OpenFile::kNoChunk && open.buffered >= first_chunk) {
    open.buffered = OpenFile::kNoChunk;
    open.buffer_changed = false;
  }
  open.lowest_chunks = min_of(open.lowest_chunks, first_chunk);
  if (first_chunk == 0) node_.chunks_.clear();
}

Result<void> FileContent::truncate(uint64_t size) {
  if (size > ChunkMap::kMaxChunks * chunk_size_) return Errno(EFBIG);
  TRY(ready());
  if (size >= node_.size_) {
    if (size > node_.size_) return extend(size);
    content_changed(state_.now());
    return ok();
  }
  TRY(know_slots());
  const uint64_t last = size / chunk_size_;
  const size_t tail = size % chunk_size_;
  if (tail != 0 && (node_.chunks_.find(last) || file().buffered == last)) {
    TRY(buffer(last));  // shorter from now on: sealed anew
    __builtin_memset(file().buffer + tail, 0, chunk_size_ - tail);
    file().buffer_changed = true;
  }
  drop_from(chunk_count(size, chunk_size_), chunk_count(node_.size_, chunk_size_));
  node_.size_ = size;
  content_changed(state_.now());
  return ok();
}

// The host may have dropped what it could not write: everything since the last commit is read back and written again.
Result<void> FileContent::rewrite_changed() {
  Array<uint8_t> chunk;
  TRY(chunk.resize(chunk_size_, 0));
  for (const Array<uint64_t>* list : {&file().changed, &file().unsynced})
    for (const uint64_t index : *list) {
      Array<ReadPiece> piece;
      TRY(read_stored({&index, 1}, chunk.span(), &piece));
      if (!piece[0].bytes.empty()) TRY(file().host->pwrite(piece[0].offset, piece[0].bytes));
    }
  return ok();
}

Result<void> FileContent::read_stored(std::span<const uint64_t> chunks, MutableBytes into,
                                      Array<ReadPiece>* pieces) {
  for (size_t i = 0; i < chunks.size(); ++i) {
    const ChunkEntry* entry = node_.chunks_.find(chunks[i]);
    const bool stored = entry && chunks[i] < chunk_count(node_.size_, chunk_size_);
    const size_t size = stored ? stored_size(chunks[i]) : 0;
    if (stored) TRY(host_files_.open(node_, false));
    TRY(pieces->push(
        {stored ? uint64_t{entry->slot} * chunk_size_ : 0, into.subspan(i * chunk_size_, size)}));
  }
  if (file().host) file().host->pread_all(pieces->span());
  for (const ReadPiece& piece : *pieces)
    if (piece.got < piece.bytes.size()) return damaged(piece.offset, "host file is too short: truncated");
  return ok();
}

// A chunk of the journal goes to its place. Precondition: `bytes` has its stored size.
Result<void> FileContent::restore(uint64_t index, Bytes bytes) {
  TRY(ready());
  TRY(file().unsynced.make_room(1));
  TRY(host_files_.open(node_, true));
  node_.needs_sync_ = true;
  TRY(file().host->pwrite(uint64_t{node_.chunks_.find(index)->slot} * chunk_size_, bytes));
  return file().unsynced.push(index);
}

Result<void> FileContent::sync_host() {
  if (!node_.needs_sync_) return ok();
  TRY(ready());
  TRY(host_files_.open(node_, true));
  auto synced = node_.sync_failed_ ? rewrite_changed() : ok();
  if (synced.ok()) synced = file().host->sync();
  if (!synced.ok()) {
    node_.sync_failed_ = true;
    return failed(synced.error(), 0, "host file cannot be synced");
  }
  node_.needs_sync_ = node_.sync_failed_ = false;
  synced_with_others();
  return ok();
}

void FileContent::synced_with_others() {
  node_.needs_sync_ = false;
  static_cast<ListNode<UnsyncedNodes>&>(node_).unlink();
  if (node_.open_) node_.open_->unsynced.clear();
}

Result<void> FileContent::adopt(uint64_t size) {
  TRY(ready());
  TRY(host_files_.open(node_, false));
  OpenFile& open = file();
  Array<uint8_t> chunk;
  TRY(chunk.resize(chunk_size_, 0));
  node_.size_ = size;
  for (uint64_t i = 0; i < chunk_count(size, chunk_size_); ++i) {
    const MutableBytes bytes = chunk.span().first(stored_size(i));
    if (TRY(open.host->pread(i * chunk_size_, bytes)) < bytes.size())
      return damaged(i * chunk_size_, "file shrank meanwhile");
    ChunkEntry entry;
    entry.slot = static_cast<uint32_t>(i);
    TRY(seal_chunk(i, bytes, bytes.data(), &entry));
    TRY(node_.chunks_.at(i));
    TRY(open.changed.make_room(1));
    install(i, entry);
  }
  node_.has_host_file_ = true;
  content_changed(state_.now());
  return ok();
}

}  // namespace scone::volume
