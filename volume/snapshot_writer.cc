#include "volume/snapshot_writer.h"

#include "base/min_max.h"
#include "volume/entry_writer.h"
#include "volume/file_content.h"

namespace scone::volume {
namespace {

constexpr size_t kPart = size_t{192} << 10;  // bytes of payload from which a part is written
constexpr uint64_t kChunksAtOnce = 1024;

}  // namespace

// Epochs that no chunk was sealed in any more.
Result<void> SnapshotWriter::forget_epochs() {
  Array<uint8_t> used;
  const auto epochs = state_.keys.epochs();
  if (epochs.empty()) return ok();
  const uint32_t first = epochs.front().number;
  TRY(used.resize(epochs.back().number - first + 1, 0));
  for (Node* node = state_.nodes.next(nullptr); node; node = state_.nodes.next(node)) {
    if (node->type_ != NodeType::kFile) continue;
    const uint64_t end = FileContent::chunk_count(node->size_, node->region_->chunk_size);
    for (uint64_t i = node->chunks_.next_possible(0); i < end; i = node->chunks_.next_possible(i + 1)) {
      const ChunkEntry* entry = node->chunks_.find(i);
      if (entry && entry->epoch - first < used.size()) used[entry->epoch - first] = 1;
    }
  }
  state_.keys.keep([&](uint32_t number) { return used[number - first] != 0; });
  return ok();
}

Result<void> SnapshotWriter::flush_if_full() {
  if (builder_.payload_size() < kPart) return ok();
  TRY(file_->append(state_.identity, RecordKind::kSnapshotPart, builder_));
  builder_.begin();
  return ok();
}

Result<void> SnapshotWriter::write_head() {
  EntryWriter writer(builder_.encoder());
  writer.volume(state_.keys.volume_key(), state_.next_id);
  for (const Region* region : state_.regions) {
    writer.region(*region);
    TRY(flush_if_full());
  }
  for (const Epoch& epoch : state_.keys.epochs()) {
    writer.epoch(epoch);
    TRY(flush_if_full());
  }
  // The first state and the last ones: whoever expects one of them may open what came out of it.
  const size_t size = state_.history.size();
  for (size_t i = 0; i < size; ++i)
    if (i == 0 || i + kKeptAncestors >= size) writer.ancestor(state_.history[i]);
  return ok();
}

Result<void> SnapshotWriter::write_content(const Node& node) {
  EntryWriter writer(builder_.encoder());
  if (node.size_ > 0) writer.content(node, OpenFile::kNoChunk);
  const uint64_t end = FileContent::chunk_count(node.size_, node.region_->chunk_size);
  for (uint64_t i = node.chunks_.next_possible(0); i < end;) {
    uint64_t run = 0;
    while (run < kChunksAtOnce && i + run < end && node.chunks_.find(i + run)) ++run;
    if (run > 0) writer.chunks(node, i, static_cast<uint32_t>(run));
    TRY(flush_if_full());
    i = node.chunks_.next_possible(run > 0 ? i + run : i + 1);
  }
  return ok();
}

// Parents before their children.
Result<void> SnapshotWriter::write_tree(Node& root) {
  Array<const Node*> waiting;
  TRY(waiting.push(&root));
  while (!waiting.empty()) {
    const Node* node = waiting[waiting.size() - 1];
    waiting.shrink(waiting.size() - 1);
    EntryWriter(builder_.encoder()).node(*node);
    if (node->type_ == NodeType::kFile) TRY(write_content(*node));
    TRY(flush_if_full());
    const Node* child = node->directory_.next(0);
    // Pushed in order, so written in reverse order of creation; the loader keeps the order of what it reads.
    for (; child; child = node->directory_.next(child->order_)) TRY(waiting.push(child));
  }
  return ok();
}

Result<void> SnapshotWriter::write(std::string_view path, RecordFile* file) {
  file_ = file;
  TRY(forget_epochs());
  TRY(file_->start(TRY(state_.storage.open(path, OpenMode::kCreate)), state_.identity));
  TRY(state_.storage.lock(*file_->file()));
  TRY(write_head());
  for (const Region* region : state_.regions)
    if (region->root) TRY(write_tree(*region->root));
  TRY(file_->append(state_.identity, RecordKind::kSnapshotEnd, builder_));
  return file_->confirm(false);
}

}  // namespace scone::volume
