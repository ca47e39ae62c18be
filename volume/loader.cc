#include "volume/loader.h"

#include "base/min_max.h"
#include "volume/file_content.h"
#include "volume/names.h"

namespace scone::volume {
namespace {

std::string_view why_not_opened(int error) {
  switch (error) {
    case ENOENT:
      return "protection file does not exist";
    case EROFS:
      return "protection file is to be changed, but lies on a read-only file system";
    case EACCES:
    case EPERM:
      return "protection file may not be opened";
    default:
      return "protection file cannot be opened";
  }
}

}  // namespace

Result<void> Loader::load(bool key_given, const std::optional<Tag>& expected) {
  const auto opened =
      state_.storage.open(state_.path.view(), state_.is_mutable ? OpenMode::kWrite : OpenMode::kRead);
  if (!opened.ok())
    return state_.refuse(opened.error().code(), state_.path.view(), why_not_opened(opened.error().code()));
  const char* reason = "";
  const auto started = state_.records.open(opened.value(), state_.identity, key_given, &reason);
  if (!started.ok()) return state_.refuse(started.error().code(), state_.path.view(), reason);
  if (state_.is_mutable) {
    const auto locked = state_.storage.lock(*state_.records.file());
    if (!locked.ok())
      return state_.refuse(locked.error().code(), state_.path.view(), "is in use by another mount");
  }
  TRY(load_records(expected));
  TRY(check_tree());
  if (state_.is_mutable) remove_orphans();
  return restore_data();
}

Result<void> Loader::load_records(const std::optional<Tag>& expected) {
  bool expected_seen = !expected;
  bool is_state = false;  // the last record ends one
  for (;;) {
    Record record;
    const char* reason = "";
    const auto found = state_.records.next(state_.identity, &record, &reason);
    if (!found.ok())
      return state_.refuse(found.error().code(), state_.path.view(), reason, state_.records.end());
    if (!found.value()) break;
    // A snapshot comes first and whole, commits follow.
    const bool in_snapshot = state_.snapshot_size == 0;
    if (in_snapshot != (record.kind != RecordKind::kCommit))
      return state_.refuse(EBADMSG, state_.path.view(), "has records in an order that makes no sense",
                           state_.records.end());
    const auto applied = apply(record);
    if (!applied.ok())
      return state_.refuse(applied.error().code(), state_.path.view(), "has a record that makes no sense",
                           state_.records.end());
    is_state = record.kind != RecordKind::kSnapshotPart;
    if (record.kind == RecordKind::kSnapshotEnd) state_.snapshot_size = state_.records.end();
    if (is_state) TRY(state_.history.push(record.tag));
  }
  if (!is_state) return state_.refuse(EBADMSG, state_.path.view(), "ends too early", state_.records.end());
  for (const Tag& tag : state_.history) expected_seen |= expected && tag == *expected;
  if (!expected_seen)
    return state_.refuse(
        ESTALE, state_.path.view(),
        "does not contain the expected state: rolled back to an older one, or another volume");
  return ok();
}

Result<void> Loader::apply(const Record& record) {
  Decoder decoder(record.payload);
  placements_.clear();
  removed_.clear();
  while (!decoder.at_end()) {
    TRY(apply_entry(decoder));
    if (decoder.failed()) return Errno(EBADMSG);
  }
  return place_all();
}

Result<void> Loader::apply_entry(Decoder& decoder) {
  switch (static_cast<EntryKind>(decoder.u8())) {
    case EntryKind::kVolume:
      return apply_volume(decoder);
    case EntryKind::kRegion:
      return apply_region(decoder);
    case EntryKind::kNode:
      return apply_node(decoder);
    case EntryKind::kContent:
      return apply_content(decoder);
    case EntryKind::kChunks:
      return apply_chunks(decoder);
    case EntryKind::kRemove:
      return apply_remove(decoder);
    case EntryKind::kEpoch:
      return apply_epoch(decoder);
    case EntryKind::kAncestor:
      return apply_ancestor(decoder);
    case EntryKind::kData:
      return apply_data(decoder);
  }
  return Errno(EBADMSG);
}

Result<void> Loader::apply_volume(Decoder& decoder) {
  const Bytes key = decoder.bytes(kKeySize);
  if (key.size() != kKeySize) return Errno(EBADMSG);
  __builtin_memcpy(state_.keys.volume_key().data(), key.data(), kKeySize);
  state_.next_id = max_of(state_.next_id, decoder.u64());
  return ok();
}

Result<void> Loader::apply_region(Decoder& decoder) {
  RegionOptions options;
  if (decoder.u16() != state_.regions.size()) return Errno(EBADMSG);
  const uint8_t protection = decoder.u8(), backing = decoder.u8();
  options.protection = static_cast<Protection>(protection);
  options.backing = static_cast<Backing>(backing);
  options.key_bits = decoder.u16();
  options.chunk_size = decoder.u32();
  options.path = decoder.text();
  options.kernel_path = decoder.text();
  if (decoder.failed() || protection > 2 || backing > 1) return Errno(EBADMSG);
  const auto region = make_region(state_, options);
  if (!region.ok()) return Errno(region.error() == Errno(ENOMEM) ? ENOMEM : EBADMSG);
  return ok();
}

Result<void> Loader::apply_epoch(Decoder& decoder) {
  Epoch epoch;
  epoch.number = decoder.u32();
  const Bytes salt = decoder.bytes(kSaltSize);
  if (salt.size() != kSaltSize) return Errno(EBADMSG);
  __builtin_memcpy(epoch.salt, salt.data(), kSaltSize);
  const auto added = state_.keys.add_epoch(epoch);
  if (!added.ok() && added.error() != Errno(ENOMEM)) return Errno(EBADMSG);
  return added;
}

Result<void> Loader::apply_ancestor(Decoder& decoder) {
  const Bytes bytes = decoder.bytes(kTagSize);
  if (bytes.size() != kTagSize) return Errno(EBADMSG);
  Tag tag;
  __builtin_memcpy(tag.data(), bytes.data(), kTagSize);
  return state_.history.push(tag);
}

Result<Node*> Loader::node_for(uint64_t id, Region& region, NodeType type) {
  Node* node = state_.nodes.find(id);
  if (node) {
    if (node->region_ != &region || node->type_ != type || node->removed_) return Errno(EBADMSG);
    return node;
  }
  node = new (std::nothrow) Node;
  if (!node) return Errno(ENOMEM);
  node->id_ = id;
  node->region_ = &region;
  node->type_ = type;
  node->committed_ = true;
  const auto inserted = state_.nodes.insert(*node);
  if (!inserted.ok()) {
    delete node;
    return inserted.error();
  }
  state_.next_id = max_of(state_.next_id, id + 1);
  return node;
}

Result<void> Loader::apply_node(Decoder& decoder) {
  const uint64_t id = decoder.u64(), parent = decoder.u64();
  const uint16_t region = decoder.u16();
  const uint8_t type = decoder.u8();
  Attributes attributes;
  attributes.mode = decoder.u16();
  attributes.uid = decoder.u32();
  attributes.gid = decoder.u32();
  attributes.atime = decoder.i64();
  attributes.mtime = decoder.i64();
  attributes.ctime = decoder.i64();
  const std::string_view name = decoder.text(), text = decoder.text();
  if (decoder.failed() || id == 0 || id >= ~uint64_t{0} - 1 || region >= state_.regions.size() || type < 1 ||
      type > 3)
    return Errno(EBADMSG);
  Region& home = *state_.regions[region];
  if (!home.has_tree() || text.size() > kMaxTarget) return Errno(EBADMSG);
  Node* node = TRY(node_for(id, home, static_cast<NodeType>(type)));
  if (node->parent_ && node->parent_ != node) node->parent_->directory_.remove(*node);
  if (node->parent_ != node) node->parent_ = nullptr;
  node->attributes_ = attributes;
  node->name_ = TRY(Text::copy_of(name));
  node->text_ = TRY(Text::copy_of(text));
  return placements_.push({node, parent});
}

Result<Node*> Loader::find_file(uint64_t id) {
  Node* node = state_.nodes.find(id);
  if (!node || node->type_ != NodeType::kFile) return Errno(EBADMSG);
  return node;
}

Result<void> Loader::apply_content(Decoder& decoder) {
  const uint64_t id = decoder.u64(), kept = decoder.u64(), size = decoder.u64();
  Node* node = TRY(find_file(id));
  const uint32_t chunk_size = node->region_->chunk_size;
  if (size > ChunkMap::kMaxChunks * chunk_size) return Errno(EBADMSG);
  const uint64_t first = min_of(kept, FileContent::chunk_count(size, chunk_size));
  if (first == 0) {
    node->chunks_.clear();
    node->stored_chunks_ = 0;
  }
  const uint64_t end = FileContent::chunk_count(node->size_, chunk_size);
  for (uint64_t i = node->chunks_.next_possible(first); i < end; i = node->chunks_.next_possible(i + 1)) {
    ChunkEntry* entry = node->chunks_.find(i);
    if (!entry) continue;
    *entry = ChunkEntry{};
    --node->stored_chunks_;
  }
  node->size_ = size;
  node->attributes_.mtime = decoder.i64();
  node->attributes_.ctime = decoder.i64();
  return ok();
}

Result<void> Loader::apply_chunks(Decoder& decoder) {
  const uint64_t id = decoder.u64(), first = decoder.u64();
  const uint32_t count = decoder.u32();
  Node* node = TRY(find_file(id));
  const uint64_t end = FileContent::chunk_count(node->size_, node->region_->chunk_size);
  if (first > end || count > end - first) return Errno(EBADMSG);
  for (uint64_t i = first; i < first + count; ++i) {
    ChunkEntry entry;
    entry.slot = decoder.u32();
    const uint32_t epoch = decoder.u32();
    entry.counter = decoder.u64();
    const Bytes tag = decoder.bytes(kTagSize);
    if (tag.size() != kTagSize || entry.is_hole() || epoch > FileKeys::kMaxEpoch) return Errno(EBADMSG);
    entry.epoch = epoch & FileKeys::kMaxEpoch;
    __builtin_memcpy(entry.tag, tag.data(), kTagSize);
    ChunkEntry* place = TRY(node->chunks_.at(i));
    if (place->is_hole()) ++node->stored_chunks_;
    *place = entry;
  }
  node->has_host_file_ = true;
  return ok();
}

Result<void> Loader::apply_remove(Decoder& decoder) {
  Node* node = state_.nodes.find(decoder.u64());
  if (!node || node->removed_ || node->parent_ == node) return Errno(EBADMSG);
  node->removed_ = true;
  return removed_.push(node);
}

Result<void> Loader::place(const Placement& placement) {
  Node* node = placement.node;
  if (node->removed_ || (node->parent_ && node->parent_ != node)) return Errno(EBADMSG);
  if (placement.parent == node->id_) {
    Region& region = *node->region_;
    if (!node->is_directory() || (region.root && region.root != node) || !node->name_.empty())
      return Errno(EBADMSG);
    region.root = node->parent_ = node;
    return ok();
  }
  Node* parent = state_.nodes.find(placement.parent);
  if (!parent || !parent->is_directory() || parent->removed_ || parent->region_ != node->region_ ||
      node->parent_)
    return Errno(EBADMSG);
  if (!check_name(node->name()).ok() || parent->directory_.find(node->name())) return Errno(EBADMSG);
  TRY(parent->directory_.insert(*node));
  node->parent_ = parent;
  return ok();
}

Result<void> Loader::place_all() {
  for (Node* node : removed_) {
    if (!node->parent_) continue;
    node->parent_->directory_.remove(*node);
    node->parent_ = nullptr;
  }
  for (const Placement& placement : placements_) TRY(place(placement));
  for (Node* node : removed_) {
    if (!node->directory_.empty()) return Errno(EBADMSG);
    if (node->type_ == NodeType::kFile && node->text_.empty()) {
      TRY(orphans_.push(node->region_->index));
      TRY(orphans_.push(node->id_));
    }
    state_.destroy(*node);
  }
  return ok();
}

Result<void> Loader::apply_data(Decoder& decoder) {
  KeptChunk data;
  data.node = decoder.u64();
  data.chunk = decoder.u64();
  data.size = decoder.u32();
  const Bytes bytes = decoder.bytes(data.size);
  Node* node = TRY(find_file(data.node));
  const ChunkEntry* entry = node->chunks_.find(data.chunk);
  if (decoder.failed() || !entry || data.chunk * node->region_->chunk_size >= node->size_)
    return Errno(EBADMSG);
  if (data.size != FileContent(state_, *node).stored_size(data.chunk)) return Errno(EBADMSG);
  data.counter = entry->counter;
  data.epoch = entry->epoch;
  data.begin = state_.kept_bytes.size();
  TRY(state_.kept_bytes.append(bytes));
  return state_.kept.push(data);
}

// After a loss of power, chunks whose bytes are in the journal may be nowhere else: they go to their slots. A volume that is not mutable
// keeps them. Errors of the host come up when the chunk is read.
Result<void> Loader::restore_data() {
  size_t kept = 0;
  for (const KeptChunk& data : state_.kept) {
    Node* node = state_.nodes.find(data.node);
    const ChunkEntry* entry = node ? node->chunks_.find(data.chunk) : nullptr;
    if (!entry || entry->counter != data.counter || entry->epoch != data.epoch) continue;
    FileContent content(state_, *node);
    if (data.size != content.stored_size(data.chunk)) return Errno(EBADMSG);
    state_.kept[kept++] = data;
    if (!state_.is_mutable) continue;
    (void)content.restore(data.chunk, state_.kept_bytes.span().subspan(data.begin, data.size));
    if (node->needs_sync_ && !static_cast<ListNode<UnsyncedNodes>&>(*node).linked())
      state_.unsynced.push_back(*node);
  }
  state_.kept.shrink(kept);
  for (Node& node : state_.unsynced) node.open_->rest();
  if (!state_.is_mutable && kept > 0) return ok();
  state_.kept.release();
  state_.kept_bytes.release();
  return ok();
}

// Every node hangs, by way of others, from the root of its region: no cycles, nothing lost.
Result<void> Loader::check_tree() {
  Array<const Node*> waiting;
  size_t reached = 0;
  for (const Region* region : state_.regions) {
    if (region->has_tree() && !region->root)
      return state_.refuse(EBADMSG, state_.path.view(), "has a region without its root directory");
    if (region->root) TRY(waiting.push(region->root));
  }
  while (!waiting.empty()) {
    const Node* node = waiting[waiting.size() - 1];
    waiting.shrink(waiting.size() - 1);
    ++reached;
    for (const Node* child = node->directory_.next(0); child; child = node->directory_.next(child->order_))
      TRY(waiting.push(child));
  }
  if (reached != state_.nodes.size())
    return state_.refuse(EBADMSG, state_.path.view(), "has files outside of every directory");
  return ok();
}

// A crash between the commit of a removal and the removal itself leaves a host file that nobody needs.
void Loader::remove_orphans() {
  HostFiles host_files(state_);
  for (size_t i = 0; i + 1 < orphans_.size(); i += 2) {
    Node gone;
    gone.region_ = state_.regions[orphans_[i]];
    gone.id_ = orphans_[i + 1];
    gone.committed_ = true;
    host_files.remove(gone);
  }
}

}  // namespace scone::volume
