#include "volume/volume.h"

#include "crypto/random.h"
#include "volume/committer.h"
#include "volume/file_content.h"
#include "volume/host_files.h"
#include "volume/loader.h"
#include "volume/state.h"

namespace scone::volume {
namespace {

Result<void> set_path(State& state, std::string_view fspf) {
  state.path = TRY(Text::copy_of(fspf));
  const size_t slash = fspf.rfind('/');
  if (slash == fspf.npos) return ok();
  state.directory = TRY(Text::copy_of(fspf.substr(0, slash == 0 ? 1 : slash)));
  return ok();
}

// Deletes what was made unless it is released.
class StateOwner {
 public:
  StateOwner(Storage& storage, Surroundings& surroundings)
      : state_(new (std::nothrow) State(storage, surroundings)) {}
  StateOwner(const StateOwner&) = delete;
  StateOwner& operator=(const StateOwner&) = delete;
  ~StateOwner() { delete state_; }
  State* get() { return state_; }
  State* release() { return std::exchange(state_, nullptr); }

 private:
  State* state_;
};

}  // namespace

Result<Volume*> Volume::mount(Storage& storage, Surroundings& surroundings, const MountOptions& options) {
  StateOwner owner(storage, surroundings);
  State* state = owner.get();
  if (!state) return Errno(ENOMEM);
  if (!options.key.empty() && options.key.size() != kKeySize)
    return state->refuse(EINVAL, options.fspf, "the key has a wrong length");
  TRY(set_path(*state, options.fspf));
  state->is_mutable = options.is_mutable;
  state->identity.set_key(options.key);
  TRY(Loader(*state).load(!options.key.empty(), options.expected_tag));
  Volume* volume = new (std::nothrow) Volume(state);
  if (!volume) return Errno(ENOMEM);
  owner.release();
  return volume;
}

Result<void> Volume::create(Storage& storage, Surroundings& surroundings, std::string_view fspf) {
  StateOwner owner(storage, surroundings);
  State* state = owner.get();
  if (!state) return Errno(ENOMEM);
  TRY(set_path(*state, fspf));
  TRY(crypto::random_bytes(state->identity.volume_id));
  TRY(state->keys.generate());
  const auto taken = storage.open(fspf, OpenMode::kExclusive);
  if (!taken.ok()) return state->refuse(taken.error().code(), fspf, "cannot be created");
  delete taken.value();
  return Committer(*state).commit_snapshot();
}

Result<Tag> Volume::last_tag(Storage& storage, Surroundings& surroundings, std::string_view fspf) {
  StateOwner owner(storage, surroundings);
  State* state = owner.get();
  if (!state) return Errno(ENOMEM);
  const auto file = storage.open(fspf, OpenMode::kRead);
  if (!file.ok()) return state->refuse(file.error().code(), fspf, "protection file cannot be opened");
  const char* reason = "";
  const auto tag = state->records.find_last_tag(file.value(), &reason);
  if (!tag.ok()) return state->refuse(tag.error().code(), fspf, reason);
  return tag.value();
}

Volume::~Volume() { delete state_; }

const Tag& Volume::tag() const { return state_->records.tag(); }

bool Volume::is_mutable() const { return state_->is_mutable; }

bool Volume::is_sealed() const { return state_->identity.sealed; }

size_t Volume::region_count() const { return state_->regions.size(); }

const Region& Volume::region(size_t index) const { return *state_->regions[index]; }

const Region* Volume::find_region(std::string_view path, std::string_view* rest) const {
  const Region* best = nullptr;
  size_t best_size = 0;  // of the prefix, without a trailing slash
  for (const Region* region : state_->regions) {
    std::string_view prefix = region->path.view();
    if (prefix == "/") prefix = {};
    const bool is_prefix = path.substr(0, prefix.size()) == prefix &&
                           (path.size() == prefix.size() || path[prefix.size()] == '/');
    if (!is_prefix || (best && prefix.size() <= best_size)) continue;
    best = region;
    best_size = prefix.size();
  }
  if (best) *rest = path.size() > best_size ? path.substr(best_size + 1) : std::string_view();
  return best;
}

Result<Region*> Volume::add_region(const RegionOptions& options) {
  TRY(state_->require_mutable());
  Region* region = TRY(make_region(*state_, options));
  state_->description_changed = true;
  if (!region->has_tree()) return region;
  Node* root = TRY(make_node(*region, NodeType::kDirectory, Attributes{.mode = 0755}));
  root->parent_ = region->root = root;
  return region;
}

Result<Node*> Volume::make_node(Region& region, NodeType type, const Attributes& attributes) {
  Node* node = new (std::nothrow) Node;
  if (!node) return Errno(ENOMEM);
  node->id_ = state_->next_id;
  node->region_ = &region;
  node->type_ = type;
  node->attributes_ = attributes;
  node->attributes_.atime = node->attributes_.mtime = node->attributes_.ctime = state_->now();
  node->attributes_changed_ = true;
  const auto inserted = state_->nodes.insert(*node);
  if (!inserted.ok()) {
    delete node;
    return inserted.error();
  }
  ++state_->next_id;
  state_->mark_dirty(*node);
  return node;
}

void Volume::attributes_changed(Node& node) {
  node.attributes_changed_ = true;
  state_->mark_dirty(node);
}

Result<void> Volume::set_mode(Node& node, uint16_t mode) {
  TRY(state_->require_mutable());
  node.attributes_.mode = mode & 07777;
  node.attributes_.ctime = state_->now();
  attributes_changed(node);
  return ok();
}

Result<void> Volume::set_owner(Node& node, uint32_t uid, uint32_t gid) {
  TRY(state_->require_mutable());
  node.attributes_.uid = uid;
  node.attributes_.gid = gid;
  node.attributes_.ctime = state_->now();
  attributes_changed(node);
  return ok();
}

Result<void> Volume::set_times(Node& node, int64_t atime, int64_t mtime) {
  TRY(state_->require_mutable());
  node.attributes_.atime = atime;
  node.attributes_.mtime = mtime;
  node.attributes_.ctime = state_->now();
  attributes_changed(node);
  return ok();
}

void Volume::hold(Node& node) { ++node.holds_; }

Result<void> Volume::release(Node& node) {
  if (--node.holds_ > 0) return ok();
  if (node.removed_) {
    if (node.committed_) return ok();  // the commit of the removal takes it away
    HostFiles(*state_).remove(node);
    state_->destroy(node);
    return ok();
  }
  if (!node.open_) return ok();
  const auto flushed = FileContent(*state_, node).flush();
  if (!node.content_changed_ && !node.needs_sync_)
    delete std::exchange(node.open_, nullptr);
  else if (flushed.ok())
    node.open_->rest();
  else
    delete std::exchange(node.open_->host, nullptr);
  return flushed;
}

Result<size_t> Volume::read(Node& node, uint64_t offset, MutableBytes into) {
  return read(node, offset, Parts({&into, 1}));
}

Result<size_t> Volume::read(Node& node, uint64_t offset, const Parts& to) {
  if (node.type_ != NodeType::kFile) return Errno(EISDIR);
  return FileContent(*state_, node).read(offset, to);
}

Result<void> Volume::write(Node& node, uint64_t offset, Bytes from) {
  TRY(state_->require_mutable());
  if (node.type_ != NodeType::kFile) return Errno(EISDIR);
  return FileContent(*state_, node).write(offset, from);
}

Result<void> Volume::write_back(Node& node, std::span<const Piece> pieces, std::optional<int64_t> modified) {
  TRY(state_->require_mutable());
  if (node.type_ != NodeType::kFile) return Errno(EISDIR);
  return FileContent(*state_, node).write_back(pieces, modified);
}

uint64_t Volume::largest_size(const Region& region) { return ChunkMap::kMaxChunks * region.chunk_size; }

Result<void> Volume::truncate(Node& node, uint64_t size) {
  TRY(state_->require_mutable());
  if (node.type_ != NodeType::kFile) return Errno(EISDIR);
  return FileContent(*state_, node).truncate(size);
}

Result<uint64_t> Volume::seek_data(const Node& node, uint64_t offset) const {
  if (offset >= node.size_) return Errno(ENXIO);
  const uint32_t chunk_size = node.region_->chunk_size;
  const uint64_t end = FileContent::chunk_count(node.size_, chunk_size);
  const uint64_t buffered = node.open_ ? node.open_->buffered : OpenFile::kNoChunk;
  for (uint64_t i = offset / chunk_size; i < end;) {
    if (node.chunks_.find(i) || i == buffered) return i * chunk_size > offset ? i * chunk_size : offset;
    const uint64_t next = node.chunks_.next_possible(i + 1);
    i = buffered > i && buffered < next ? buffered : next;
  }
  return Errno(ENXIO);
}

Result<uint64_t> Volume::seek_hole(const Node& node, uint64_t offset) const {
  if (offset >= node.size_) return Errno(ENXIO);
  const uint32_t chunk_size = node.region_->chunk_size;
  const uint64_t end = FileContent::chunk_count(node.size_, chunk_size);
  const uint64_t buffered = node.open_ ? node.open_->buffered : OpenFile::kNoChunk;
  for (uint64_t i = offset / chunk_size; i < end; ++i)
    if (!node.chunks_.find(i) && i != buffered) return i * chunk_size > offset ? i * chunk_size : offset;
  return node.size_;
}

Result<void> Volume::sync(Node& node) { return Committer(*state_).commit(&node); }

Result<void> Volume::sync_all() { return Committer(*state_).commit(nullptr); }

bool Volume::has_changes() const {
  return !state_->dirty.empty() || state_->description_changed || state_->snapshot_wanted;
}

Result<void> Volume::encrypt(Bytes key) {
  TRY(state_->require_mutable());
  if (key.size() != kKeySize) return Errno(EINVAL);
  state_->identity.set_key(key);
  state_->history.clear();  // what was not encrypted is no state to go back to
  state_->description_changed = true;
  return Committer(*state_).commit_snapshot();
}

Result<Storage::Space> Volume::space(const Region& region) const {
  return state_->storage.space(region.host_directory());
}

Result<void> Volume::set_target(const Region& region, std::string_view directory) {
  state_->regions[region.index]->target = TRY(Text::copy_of(directory));
  return ok();
}

Result<void> Volume::set_host_name(Node& node, std::string_view name) {
  TRY(state_->require_mutable());
  if (node.type_ != NodeType::kFile || node.has_host_file_ || name.size() > kMaxTarget) return Errno(EINVAL);
  node.text_ = TRY(Text::copy_of(name));
  attributes_changed(node);
  return ok();
}

Result<void> Volume::adopt_plaintext(Node& node, uint64_t size) {
  TRY(state_->require_mutable());
  const bool authenticated = node.region_->protection == Protection::kAuthenticated;
  if (!authenticated || node.type_ != NodeType::kFile || node.text_.empty() || node.size_ > 0)
    return Errno(EINVAL);
  node.has_host_file_ = true;
  return FileContent(*state_, node).adopt(size);
}

}  // namespace scone::volume
