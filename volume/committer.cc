#include "volume/committer.h"

#include "base/min_max.h"
#include "volume/entry_writer.h"
#include "volume/file_content.h"
#include "volume/snapshot_writer.h"
#include "volume/sort.h"

namespace scone::volume {
namespace {

constexpr uint64_t kSmallJournal = uint64_t{4} << 20;
constexpr size_t kSmallCommit = size_t{32} << 10;  // bytes of chunks that go into the journal, too
constexpr uint64_t kJournalPerSnapshot = 2;
constexpr size_t kLargeRecord = kMaxPayload / 2;
constexpr size_t kSyncOneByOne = 16;

}  // namespace

// Does this commit contain what is in the file?
bool Committer::takes(const Node& node, const Node* only) const {
  return node.content_changed_ && !node.removed_ && (!only || only == &node || node.goes_with_names_);
}

bool Committer::journal_is_large() const {
  const uint64_t journal = state_.records.end() - state_.snapshot_size;
  return journal > max_of(kSmallJournal, kJournalPerSnapshot * state_.snapshot_size);
}

Result<void> Committer::flush(const Node* only) {
  for (Node& node : state_.dirty)
    if (takes(node, only)) TRY(FileContent(state_, node).flush());
  return ok();
}

// Few bytes are safer and sooner safe in the journal, which is synced anyway, than in their file: one sync instead of two.
// Precondition: flushed.
bool Committer::fits_into_journal(const Node* only) const {
  for (const Region* region : state_.regions)
    if (region->names_changed) return false;  // there is more to sync than contents
  size_t bytes = 0;
  for (Node& node : state_.dirty) {
    if (!takes(node, only)) continue;
    if (node.sync_failed_) return false;
    if (node.open_) bytes += node.open_->changed.size() * node.region_->chunk_size;
    if (bytes > kSmallCommit) return false;
  }
  return true;
}

// Everything that the record will refer to is on the host for good before it is written. Precondition: flushed.
Result<void> Committer::make_contents_safe(const Node* only) {
  size_t to_sync = 0;
  for (Node& node : state_.dirty)
    if (takes(node, only)) to_sync += node.needs_sync_;
  if (to_sync > kSyncOneByOne) {
    for (Region* region : state_.regions)
      if (region->is_shielded()) TRY(state_.storage.sync_all(region->host_directory()));
  }
  for (Node& node : state_.dirty) {
    if (!takes(node, only)) continue;
    if (to_sync > kSyncOneByOne && !node.sync_failed_)
      FileContent(state_, node).synced_with_others();
    else
      TRY(FileContent(state_, node).sync_host());
  }
  return host_files_.sync_names();
}

// What earlier commits left to the journal, which is about to go.
Result<void> Committer::sync_left_over() {
  for (Node& node : state_.unsynced) TRY(FileContent(state_, node).sync_host());
  return ok();
}

// Precondition: encode_content() sorted the changes.
Result<void> Committer::encode_data(RecordBuilder& builder, Node& node) {
  if (!node.open_) return ok();
  const Array<uint64_t>& changed = node.open_->changed;
  Array<uint8_t> bytes;
  TRY(bytes.resize(changed.size() * node.region_->chunk_size, 0));
  Array<ReadPiece> pieces;
  TRY(FileContent(state_, node).read_stored(changed.span(), bytes.span(), &pieces));
  for (size_t i = 0; i < changed.size(); ++i)
    if (!pieces[i].bytes.empty()) EntryWriter(builder.encoder()).data(node, changed[i], pieces[i].bytes);
  return remember_unsynced(node);
}

// Room for what is unsynced after the commit.
Result<void> Committer::remember_unsynced(Node& node) {
  if (!static_cast<ListNode<UnsyncedNodes>&>(node).linked()) state_.unsynced.push_back(node);
  return node.open_->unsynced.append(node.open_->changed.span());
}

void Committer::encode_content(RecordBuilder& builder, Node& node) {
  EntryWriter writer(builder.encoder());
  writer.content(node, node.open_ ? node.open_->lowest_chunks : OpenFile::kNoChunk);
  if (!node.open_) return;
  Array<uint64_t>& changed = node.open_->changed;
  sort(changed.span());
  size_t kept = 0;
  for (const uint64_t index : changed) {
    const ChunkEntry* entry = node.chunks_.find(index);
    if (entry && entry->changed && (kept == 0 || changed[kept - 1] != index)) changed[kept++] = index;
  }
  changed.shrink(kept);
  for (size_t i = 0, run; i < kept; i += run) {
    for (run = 1; i + run < kept && changed[i + run] == changed[i] + run;) ++run;
    writer.chunks(node, changed[i], static_cast<uint32_t>(run));
  }
}

// From here on a crash may make the record the truth, even if we learn of an error: what it refers to is not overwritten.
void Committer::pin(Node& node) {
  if (!node.open_) return;
  for (const uint64_t index : node.open_->changed)
    if (ChunkEntry* entry = node.chunks_.find(index)) entry->fresh = false;
}

Result<void> Committer::encode_changes(RecordBuilder& builder, const Node* only, bool with_data) {
  EntryWriter writer(builder.encoder());
  if (const Epoch* epoch = state_.keys.untold_epoch()) writer.epoch(*epoch);
  const size_t nothing = builder.payload_size();
  for (Node& node : state_.dirty) {
    if (node.removed_) {
      if (node.committed_) writer.remove(node);
      continue;
    }
    if (node.attributes_changed_) writer.node(node);
    if (!takes(node, only)) continue;
    encode_content(builder, node);
    if (with_data) TRY(encode_data(builder, node));
  }
  if (builder.payload_size() == nothing) builder.begin();  // an epoch alone is no news
  return builder.encoder().check();
}

Result<void> Committer::append_record(const Node* only, bool with_data) {
  RecordBuilder builder;
  TRY(encode_changes(builder, only, with_data));
  if (builder.payload_size() == 0) return ok();
  if (builder.payload_size() > kLargeRecord) return Errno(EFBIG);
  for (Node& node : state_.dirty) {
    if (node.removed_) continue;
    if (node.attributes_changed_) node.committed_ = true;
    if (takes(node, only)) pin(node);
  }
  auto written = state_.records.append(state_.identity, RecordKind::kCommit, builder);
  if (written.ok()) written = state_.records.confirm(true);
  if (!written.ok())
    return state_.refuse(written.error().code(), state_.path.view(), "journal cannot be written");
  succeeded(only);
  told();
  return ok();
}

Result<void> Committer::commit(const Node* only) {
  if (state_.description_changed || state_.snapshot_wanted) return commit_snapshot();
  if (state_.dirty.empty()) return ok();
  if (journal_is_large() && commit_snapshot().ok()) return ok();
  if (state_.snapshot_wanted) return Errno(EIO);
  TRY(flush(only));
  const bool with_data = fits_into_journal(only);
  if (!with_data) TRY(make_contents_safe(only));
  const auto appended = append_record(only, with_data);
  if (!appended.ok() && appended.error() == Errno(EFBIG)) return commit_snapshot();
  return appended;
}

Result<void> Committer::commit_snapshot() {
  TRY(flush(nullptr));
  TRY(make_contents_safe(nullptr));
  TRY(sync_left_over());
  Array<char> fresh_path;
  TRY(fresh_path.append({state_.path.view().data(), state_.path.view().size()}));
  TRY(fresh_path.append({".new", 4}));
  const std::string_view fresh_name(fresh_path.begin(), fresh_path.size());
  RecordFile fresh;
  auto written = SnapshotWriter(state_).write(fresh_name, &fresh);
  if (!written.ok()) {
    (void)state_.storage.unlink(fresh_name);
    return state_.refuse(written.error().code(), fresh_name, "snapshot cannot be written");
  }
  for (Node& node : state_.dirty) {
    if (!node.removed_) node.committed_ = true;
    pin(node);
  }
  TRY(replace_file(fresh, fresh_name));
  succeeded(nullptr);
  state_.description_changed = false;
  forget_history();
  told();
  return ok();
}

Result<void> Committer::replace_file(RecordFile& fresh, std::string_view fresh_path) {
  state_.snapshot_wanted = true;  // until we know which of the two files the host has under the name
  const auto renamed = state_.storage.rename(fresh_path, state_.path.view());
  if (!renamed.ok())
    return state_.refuse(renamed.error().code(), state_.path.view(), "snapshot cannot be put in place");
  state_.records = std::move(fresh);
  state_.snapshot_size = state_.records.end();
  const std::string_view directory = state_.directory.empty() ? "." : state_.directory.view();
  const auto synced = state_.storage.sync_directory(directory);
  if (!synced.ok()) return state_.refuse(synced.error().code(), directory, "directory cannot be synced");
  state_.snapshot_wanted = false;
  return ok();
}

void Committer::content_succeeded(Node& node) {
  node.content_changed_ = node.goes_with_names_ = false;
  if (!node.open_) return;
  OpenFile& open = *node.open_;
  for (const uint64_t index : open.changed)
    if (ChunkEntry* entry = node.chunks_.find(index)) entry->changed = entry->fresh = false;
  for (const uint32_t slot : open.superseded) open.slots.free(slot);
  open.changed.clear();
  open.superseded.clear();
  open.lowest_chunks = OpenFile::kNoChunk;
}

void Committer::succeeded(const Node* only) {
  for (Node& node : state_.dirty) {
    const bool with_content = takes(node, only);
    if (node.removed_) {
      if (node.committed_ && node.holds_ == 0) {
        host_files_.remove(node);
        state_.destroy(node);
      } else {
        node.committed_ = false;
        static_cast<ListNode<DirtyNodes>&>(node).unlink();
      }
      continue;
    }
    node.attributes_changed_ = false;
    if (with_content) content_succeeded(node);
    if (node.content_changed_) continue;
    static_cast<ListNode<DirtyNodes>&>(node).unlink();
    if (node.holds_ > 0 || !node.open_) continue;
    if (node.needs_sync_)
      node.open_->rest();
    else
      delete std::exchange(node.open_, nullptr);
  }
  state_.keys.epoch_is_told();
}

// States that the new snapshot does not know any more.
void Committer::forget_history() {
  Array<Tag>& history = state_.history;
  if (history.size() <= kKeptAncestors + 1) return;
  const size_t dropped = history.size() - kKeptAncestors - 1;
  for (size_t i = 1; i <= kKeptAncestors; ++i) history[i] = history[i + dropped];
  history.shrink(kKeptAncestors + 1);
}

// The commit is known to the owner before it is confirmed to the program.
void Committer::told() {
  (void)state_.history.push(state_.records.tag());  // without memory one state fewer is known by its tag
  state_.surroundings.on_new_tag(state_.records.tag());
}

}  // namespace scone::volume
