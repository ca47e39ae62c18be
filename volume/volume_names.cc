// Volume: directories and what they list.
#include "volume/file_content.h"
#include "volume/host_files.h"
#include "volume/names.h"
#include "volume/state.h"
#include "volume/volume.h"

namespace scone::volume {

Result<Node*> Volume::lookup(const Node& directory, std::string_view name) const {
  if (!directory.is_directory()) return Errno(ENOTDIR);
  Node* node = directory.directory_.find(name);
  if (!node) return Errno(name.size() > kMaxName ? ENAMETOOLONG : ENOENT);
  return node;
}

const Node* Volume::next_entry(const Node& directory, uint64_t after, uint64_t* cursor) {
  const Node* node = directory.directory_.next(after);
  if (node) *cursor = node->order_;
  return node;
}

void Volume::touch(Node& directory) {
  directory.attributes_.mtime = directory.attributes_.ctime = state_->now();
  attributes_changed(directory);
}

Result<void> Volume::check_new(const Node& directory, std::string_view name) const {
  TRY(state_->require_mutable());
  if (!directory.is_directory()) return Errno(ENOTDIR);
  TRY(check_name(name));
  if (directory.removed_) return Errno(ENOENT);
  if (directory.directory_.find(name)) return Errno(EEXIST);
  return ok();
}

Result<Node*> Volume::make_entry(Node& directory, std::string_view name, NodeType type, std::string_view text,
                                 const Attributes& attributes) {
  TRY(check_new(directory, name));
  Text name_copy = TRY(Text::copy_of(name));
  Text text_copy = TRY(Text::copy_of(text));
  Node* node = TRY(make_node(*directory.region_, type, attributes));
  node->name_ = std::move(name_copy);
  node->text_ = std::move(text_copy);
  const auto inserted = directory.directory_.insert(*node);
  if (!inserted.ok()) {
    state_->destroy(*node);
    return inserted.error();
  }
  node->parent_ = &directory;
  touch(directory);
  return node;
}

Result<Node*> Volume::create_file(Node& directory, std::string_view name, const Attributes& attributes) {
  return make_entry(directory, name, NodeType::kFile, {}, attributes);
}

Result<Node*> Volume::make_directory(Node& directory, std::string_view name, const Attributes& attributes) {
  return make_entry(directory, name, NodeType::kDirectory, {}, attributes);
}

Result<Node*> Volume::make_symlink(Node& directory, std::string_view name, std::string_view target,
                                   const Attributes& attributes) {
  if (target.empty()) return Errno(ENOENT);
  if (target.size() > kMaxTarget) return Errno(ENAMETOOLONG);
  return make_entry(directory, name, NodeType::kSymlink, target, attributes);
}

// Takes the name away. What no commit knows of and nobody holds is gone at once.
void Volume::remove_entry(Node& node) {
  node.parent_->directory_.remove(node);
  touch(*node.parent_);
  node.parent_ = nullptr;
  node.removed_ = true;
  if (node.committed_)
    state_->mark_dirty(node);
  else if (node.holds_ == 0) {
    HostFiles(*state_).remove(node);
    state_->destroy(node);
  }
}

Result<void> Volume::unlink(Node& directory, std::string_view name) {
  TRY(state_->require_mutable());
  Node* node = TRY(lookup(directory, name));
  if (node->is_directory()) return Errno(EISDIR);
  node->attributes_.ctime = state_->now();
  remove_entry(*node);
  return ok();
}

Result<void> Volume::remove_directory(Node& directory, std::string_view name) {
  TRY(state_->require_mutable());
  Node* node = TRY(lookup(directory, name));
  if (!node->is_directory()) return Errno(ENOTDIR);
  if (!node->directory_.empty()) return Errno(ENOTEMPTY);
  remove_entry(*node);
  return ok();
}

namespace {

// Is `node` the directory itself, or one above it?
bool is_above(const Node* node, const Node* directory) {
  while (directory != node && directory->parent() && directory->parent() != directory)
    directory = directory->parent();
  return directory == node;
}

Result<void> check_replacement(const Node& node, const Node& other, RenameMode mode) {
  if (mode == RenameMode::kNoReplace) return Errno(EEXIST);
  if (mode == RenameMode::kExchange) return ok();
  if (other.is_directory() && !node.is_directory()) return Errno(EISDIR);
  if (!other.is_directory() && node.is_directory()) return Errno(ENOTDIR);
  if (!other.entries().empty()) return Errno(ENOTEMPTY);
  return ok();
}

}  // namespace

// Precondition: it stands in no directory. Cannot fail: there was an entry less a moment ago, or room was made.
Result<void> Volume::put_entry(Node& node, Node& directory, Text name) {
  node.name_ = std::move(name);
  TRY(directory.directory_.insert(node));
  node.parent_ = &directory;
  node.attributes_.ctime = state_->now();
  node.goes_with_names_ = true;
  attributes_changed(node);
  touch(directory);
  return ok();
}

Result<void> Volume::rename(Node& from, std::string_view name, Node& to, std::string_view new_name,
                            RenameMode mode) {
  TRY(state_->require_mutable());
  Node* node = TRY(lookup(from, name));
  if (!to.is_directory()) return Errno(ENOTDIR);
  TRY(check_name(new_name));
  if (to.removed_) return Errno(ENOENT);
  if (from.region_ != to.region_) return Errno(EXDEV);
  if (node->is_directory() && is_above(node, &to)) return Errno(EINVAL);
  Node* other = to.directory_.find(new_name);
  if (!other && mode == RenameMode::kExchange) return Errno(ENOENT);
  if (other && mode == RenameMode::kExchange && other->is_directory() && is_above(other, &from))
    return Errno(EINVAL);
  if (other) TRY(check_replacement(*node, *other, mode));
  if (node == other) return ok();
  Text copy = TRY(Text::copy_of(new_name));
  Text old_copy = TRY(Text::copy_of(name));
  TRY(to.directory_.make_room());
  TRY(from.directory_.make_room());
  from.directory_.remove(*node);
  touch(from);
  if (other && mode == RenameMode::kExchange) {
    to.directory_.remove(*other);
    TRY(put_entry(*other, from, std::move(old_copy)));
  } else if (other) {
    remove_entry(*other);
  }
  return put_entry(*node, to, std::move(copy));
}

Result<void> Volume::link(Node&, Node&, std::string_view) {
  TRY(state_->require_mutable());
  return Errno(EPERM);
}

}  // namespace scone::volume
