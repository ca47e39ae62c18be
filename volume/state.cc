#include "volume/state.h"

#include "volume/host_files.h"
#include "volume/names.h"
#include "volume/open_file.h"

namespace scone::volume {

Volume::State::~State() {
  while (dirty.pop_front()) {
  }
  while (unsynced.pop_front()) {
  }
  for (Node* node = nodes.next(nullptr); node;) {
    Node* next = nodes.next(node);
    delete node->open_;
    delete node;
    node = next;
  }
  for (Region* region : regions) delete region;
}

Errno Volume::State::refuse(int error, std::string_view host_path, std::string_view reason,
                            uint64_t position) {
  surroundings.report({error, host_path, reason, position});
  return Errno(error);
}

Result<void> Volume::State::require_mutable() {
  if (!is_mutable) return Errno(EROFS);
  return ok();
}

void Volume::State::mark_dirty(Node& node) {
  if (node.removed_ && !node.committed_) return;  // nobody will ask for it
  if (!static_cast<ListNode<DirtyNodes>&>(node).linked()) dirty.push_back(node);
}

void Volume::State::destroy(Node& node) {
  nodes.remove(node);
  static_cast<ListNode<DirtyNodes>&>(node).unlink();
  static_cast<ListNode<UnsyncedNodes>&>(node).unlink();
  delete node.open_;
  delete &node;
}

namespace {

Result<void> check_options(const RegionOptions& options) {
  const bool power_of_two = (options.chunk_size & (options.chunk_size - 1)) == 0;
  if (!power_of_two || options.chunk_size < kMinChunkSize || options.chunk_size > kMaxChunkSize)
    return Errno(EINVAL);
  if (options.key_bits != 128 && options.key_bits != 256) return Errno(EINVAL);
  if (options.backing == Backing::kKernel && options.kernel_path.empty()) return Errno(EINVAL);
  if (options.kernel_path.size() > kMaxTarget || options.kernel_path.find('\0') != std::string_view::npos)
    return Errno(EINVAL);
  return ok();
}

}  // namespace

Result<Region*> make_region(State& state, const RegionOptions& options) {
  TRY(check_options(options));
  if (state.regions.size() >= kMaxRegions) return Errno(EINVAL);
  Region fresh;
  fresh.index = static_cast<uint32_t>(state.regions.size());
  fresh.protection = options.protection;
  fresh.backing = options.backing;
  fresh.key_bits = options.key_bits;
  fresh.chunk_size = options.chunk_size;
  fresh.path = TRY(region_path(options.path));
  fresh.kernel_path = TRY(Text::copy_of(options.kernel_path));
  const bool absolute = !options.kernel_path.empty() && options.kernel_path.front() == '/';
  fresh.base = TRY(absolute ? Text::copy_of(options.kernel_path)
                            : HostFiles::join(state.directory.view(), options.kernel_path));
  for (const Region* other : state.regions)
    if (other->path.view() == fresh.path.view()) return Errno(EEXIST);
  Region* region = new (std::nothrow) Region(std::move(fresh));
  if (!region) return Errno(ENOMEM);
  const auto pushed = state.regions.push(region);
  if (!pushed.ok()) {
    delete region;
    return pushed.error();
  }
  return region;
}

}  // namespace scone::volume
