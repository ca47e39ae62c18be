#include "enclave/syscall/path.h"

#include <asm/unistd.h>

#include "base/min_max.h"
#include "enclave/boundary/host_call.h"
#include "enclave/file/host_link.h"
#include "enclave/file/place.h"

namespace scone::syscall {
namespace {

using file::Follow;
using file::PathName;
using file::Place;

// Finds a place that the call is going to change.
Result<void> find_on_host(Place& place, int directory, AppPtr<const char> path, Follow follow = Follow::kNo) {
  TRY(place.find(directory, path, follow));
  return file::require_host(place);
}

// call(directory, path, …rest) on the host.
template <typename... Rest>
Result<int> call_at(uint64_t number, int directory, AppPtr<const char> path, Rest... rest) {
  Place place;
  TRY(find_on_host(place, directory, path));
  HostBuffer name = TRY(place.path_argument());
  TRY(host_call(number, place.directory_argument(), name.address(), static_cast<uint64_t>(rest)...));
  return 0;
}

// call(directory, path, directory, path, flags) on the host.
Result<int> call_two(uint64_t number, Place& from, Place& to, uint64_t flags) {
  HostBuffer old_name = TRY(from.path_argument());
  HostBuffer new_name = TRY(to.path_argument());
  TRY(host_call(number, from.directory_argument(), old_name.address(), to.directory_argument(),
                new_name.address(), flags));
  return 0;
}

}  // namespace

Result<int> sys_mkdir(AppPtr<const char> path, uint32_t mode) { return sys_mkdirat(AT_FDCWD, path, mode); }

Result<int> sys_mkdirat(int directory, AppPtr<const char> path, uint32_t mode) {
  return call_at(__NR_mkdirat, directory, path, mode);
}

Result<int> sys_mknod(AppPtr<const char> path, uint32_t mode, uint64_t device) {
  return sys_mknodat(AT_FDCWD, path, mode, device);
}

Result<int> sys_mknodat(int directory, AppPtr<const char> path, uint32_t mode, uint64_t device) {
  return call_at(__NR_mknodat, directory, path, mode, device);
}

Result<int> sys_rmdir(AppPtr<const char> path) { return sys_unlinkat(AT_FDCWD, path, AT_REMOVEDIR); }

Result<int> sys_unlink(AppPtr<const char> path) { return sys_unlinkat(AT_FDCWD, path, 0); }

Result<int> sys_unlinkat(int directory, AppPtr<const char> path, int flags) {
  return call_at(__NR_unlinkat, directory, path, flags);
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
  TRY(find_on_host(old_place, from_directory, from));
  TRY(find_on_host(new_place, to_directory, to));
  return call_two(__NR_renameat2, old_place, new_place, flags);
}

Result<int> sys_link(AppPtr<const char> from, AppPtr<const char> to) {
  return sys_linkat(AT_FDCWD, from, AT_FDCWD, to, 0);
}

Result<int> sys_linkat(int from_directory, AppPtr<const char> from, int to_directory, AppPtr<const char> to,
                       int flags) {
  Place old_place, new_place;
  TRY(find_on_host(old_place, from_directory, from, flags & AT_SYMLINK_FOLLOW ? Follow::kYes : Follow::kNo));
  TRY(find_on_host(new_place, to_directory, to));
  return call_two(__NR_linkat, old_place, new_place, static_cast<uint64_t>(flags));
}

Result<int> sys_symlink(AppPtr<const char> target, AppPtr<const char> path) {
  return sys_symlinkat(target, AT_FDCWD, path);
}

Result<int> sys_symlinkat(AppPtr<const char> target, int directory, AppPtr<const char> path) {
  PathName text;
  TRY(text.read_from(target));
  Place place;
  TRY(find_on_host(place, directory, path));
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
