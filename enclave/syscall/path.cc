#include "enclave/syscall/path.h"

#include <asm/unistd.h>

#include "base/min_max.h"
#include "enclave/boundary/host_call.h"
#include "enclave/file/host_link.h"
#include "enclave/file/place.h"

namespace scone::syscall {
namespace {

using file::Follow;
using file::InsideNode;
using file::PathName;
using file::Place;

// call(directory, path, …rest) on the host, or inside(node).
template <typename Inside, typename... Rest>
Result<int> call_at(Inside inside, uint64_t number, int directory, AppPtr<const char> path, Rest... rest) {
  Place place;
  TRY(place.find(directory, path, Follow::kNo));
  if (place.node()) {
    TRY(inside(*place.node()));
    return 0;
  }
  HostBuffer name = TRY(place.path_argument());
  TRY(host_call(number, place.directory_argument(), name.address(), static_cast<uint64_t>(rest)...));
  return 0;
}

// call(directory, path, directory, path, flags) on the host, or inside(node, node).
template <typename Inside>
Result<int> call_two(Inside inside, uint64_t number, Place& from, Place& to, uint64_t flags) {
  if (from.node() && to.node()) {
    TRY(inside(*from.node(), *to.node()));
    return 0;
  }
  if (from.node()) return from.node()->between_systems();
  if (to.node()) return to.node()->between_systems();
  HostBuffer old_name = TRY(from.path_argument());
  HostBuffer new_name = TRY(to.path_argument());
  TRY(host_call(number, from.directory_argument(), old_name.address(), to.directory_argument(),
                new_name.address(), flags));
  return 0;
}

}  // namespace

Result<int> sys_mkdir(AppPtr<const char> path, uint32_t mode) { return sys_mkdirat(AT_FDCWD, path, mode); }

Result<int> sys_mkdirat(int directory, AppPtr<const char> path, uint32_t mode) {
  return call_at([&](InsideNode& node) { return node.make_directory(mode); }, __NR_mkdirat, directory, path, mode);
}

Result<int> sys_mknod(AppPtr<const char> path, uint32_t mode, uint64_t device) {
  return sys_mknodat(AT_FDCWD, path, mode, device);
}

Result<int> sys_mknodat(int directory, AppPtr<const char> path, uint32_t mode, uint64_t device) {
  return call_at([&](InsideNode& node) { return node.make_node(mode); }, __NR_mknodat, directory, path, mode,
                 device);
}

Result<int> sys_rmdir(AppPtr<const char> path) { return sys_unlinkat(AT_FDCWD, path, AT_REMOVEDIR); }

Result<int> sys_unlink(AppPtr<const char> path) { return sys_unlinkat(AT_FDCWD, path, 0); }

Result<int> sys_unlinkat(int directory, AppPtr<const char> path, int flags) {
  if (flags & ~AT_REMOVEDIR) return Errno(EINVAL);
  return call_at([&](InsideNode& node) { return node.remove(flags & AT_REMOVEDIR); }, __NR_unlinkat, directory, path,
                 flags);
}

Result<int> sys_rename(AppPtr<const char> from, AppPtr<const char> to) {
  return sys_renameat2(AT_FDCWD, from, AT_FDCWD, to, 0);
}

Result<int> sys_renameat(int from_directory, AppPtr<const char> from, int to_directory,
                         AppPtr<const char> to) {
  return sys_renameat2(from_directory, from, to_directory, to, 0);
}

Result<int> sys_renameat2(int from_directory, AppPtr<const char> from, int to_directory,
                          AppPtr<const char> to, uint32_t flags) {
  Place old_place, new_place;
  TRY(old_place.find(from_directory, from, Follow::kNo));
  TRY(new_place.find(to_directory, to, Follow::kNo));
  return call_two([&](InsideNode& old_node, InsideNode& new_node) { return old_node.rename_to(new_node, flags); },
                  __NR_renameat2, old_place, new_place, flags);
}

Result<int> sys_link(AppPtr<const char> from, AppPtr<const char> to) {
  return sys_linkat(AT_FDCWD, from, AT_FDCWD, to, 0);
}

Result<int> sys_linkat(int from_directory, AppPtr<const char> from, int to_directory, AppPtr<const char> to,
                       int flags) {
  Place old_place, new_place;
  TRY(old_place.find(from_directory, from, flags & AT_SYMLINK_FOLLOW ? Follow::kYes : Follow::kNo));
  TRY(new_place.find(to_directory, to, Follow::kNo));
  return call_two([](InsideNode& old_node, InsideNode& new_node) { return old_node.link_to(new_node); }, __NR_linkat, old_place, new_place, static_cast<uint64_t>(flags));
}

Result<int> sys_symlink(AppPtr<const char> target, AppPtr<const char> path) {
  return sys_symlinkat(target, AT_FDCWD, path);
}

Result<int> sys_symlinkat(AppPtr<const char> target, int directory, AppPtr<const char> path) {
  PathName text;
  TRY(text.read_from(target));
  Place place;
  TRY(place.find(directory, path, Follow::kNo));
  if (place.node()) {
    if (text.empty()) return Errno(ENOENT);
    TRY(place.node()->make_symlink(text.view()));
    return 0;
  }
  HostBuffer content = TRY(text.to_host());
  HostBuffer name = TRY(place.path_argument());
  TRY(host_call(__NR_symlinkat, content.address(), place.directory_argument(), name.address()));
  return 0;
}

Result<size_t> sys_readlink(AppPtr<const char> path, AppPtr<char> buffer, int size) {
  return sys_readlinkat(AT_FDCWD, path, buffer, size);
}

Result<size_t> sys_readlinkat(int directory, AppPtr<const char> path, AppPtr<char> buffer, int size) {
  if (size <= 0) return Errno(EINVAL);
  Place place;
  TRY(place.find(directory, path, Follow::kNo));
  PathName target;
  if (place.node())
    TRY(place.node()->read_link(target));
  else
    TRY(file::read_host_link(place.host_directory(), place.path(), target));
  const size_t length = min_of(target.size(), static_cast<size_t>(size));
  TRY(boundary::copy_to_app(buffer.cast<void>(), target.c_str(), length));
  return length;
}

}  // namespace scone::syscall
