#include "enclave/syscall/attributes.h"

#include <asm/unistd.h>

#include "enclave/boundary/host_call.h"
#include "enclave/file/fd_table.h"
#include "enclave/file/host_file.h"
#include "enclave/file/mode.h"
#include "enclave/file/place.h"

namespace scone::syscall {
namespace {

using file::Follow;
using file::Place;

constexpr int64_t kMicroseconds = 1'000'000;

// A pair of times (access, modification), or none: now.
struct Times {
  TimeSpec pair[2] = {};
  bool given = false;
};

Result<HostBuffer> to_host(const Times& times) {
  HostBuffer buffer = TRY(HostBuffer::allocate(sizeof times.pair));
  buffer.put(0, times.pair);
  return buffer;
}

Result<int> set_times(Place& place, const Times& times, int flags) {
  TRY(file::require_host(place));
  HostBuffer path = TRY(place.path_argument());
  HostBuffer values = TRY(to_host(times));
  TRY(host_call(__NR_utimensat, place.directory_argument(), path.address(),
                times.given ? values.address() : 0, static_cast<uint64_t>(flags)));
  return 0;
}

Result<uint64_t> host_number(int fd) {
  Ref<file::File> file = TRY(file::fd_table().get(fd));
  if (file->flags() & O_PATH) return Errno(EBADF);
  file::HostFile* host = file->as_host_file();
  if (!host) return Errno(EPERM);
  return host->number();
}

// utimensat(fd, NULL, …) is futimens(3).
Result<int> set_descriptor_times(int fd, const Times& times, int flags) {
  if (flags != 0) return Errno(EINVAL);
  HostBuffer values = TRY(to_host(times));
  TRY(host_call(__NR_utimensat, TRY(host_number(fd)), 0, times.given ? values.address() : 0, 0));
  return 0;
}

Result<Times> from_timevals(AppPtr<const TimeVal> from) {
  Times times;
  if (!from) return times;
  for (unsigned i = 0; i < 2; ++i) {
    const TimeVal value = TRY(boundary::read_app(from + i));
    if (value.microseconds < 0 || value.microseconds >= kMicroseconds) return Errno(EINVAL);
    times.pair[i] = {value.seconds, value.microseconds * 1000};
  }
  times.given = true;
  return times;
}

Result<void> find_on_host(Place& place, int directory, AppPtr<const char> path,
                          Follow follow = Follow::kYes) {
  TRY(place.find(directory, path, follow));
  return file::require_host(place);
}

}  // namespace

Result<int> sys_chmod(AppPtr<const char> path, uint32_t mode) { return sys_fchmodat(AT_FDCWD, path, mode); }

Result<int> sys_fchmod(int fd, uint32_t mode) {
  TRY(host_call(__NR_fchmod, TRY(host_number(fd)), mode));
  return 0;
}

Result<int> sys_fchmodat(int directory, AppPtr<const char> path, uint32_t mode) {
  Place place;
  TRY(find_on_host(place, directory, path));
  HostBuffer name = TRY(place.path_argument());
  TRY(host_call(__NR_fchmodat, place.directory_argument(), name.address(), mode));
  return 0;
}

Result<int> sys_chown(AppPtr<const char> path, uint32_t user, uint32_t group) {
  return sys_fchownat(AT_FDCWD, path, user, group, 0);
}

Result<int> sys_lchown(AppPtr<const char> path, uint32_t user, uint32_t group) {
  return sys_fchownat(AT_FDCWD, path, user, group, AT_SYMLINK_NOFOLLOW);
}

Result<int> sys_fchown(int fd, uint32_t user, uint32_t group) {
  TRY(host_call(__NR_fchown, TRY(host_number(fd)), user, group));
  return 0;
}

Result<int> sys_fchownat(int directory, AppPtr<const char> path, uint32_t user, uint32_t group, int flags) {
  Place place;
  TRY(find_on_host(place, directory, path, flags & AT_SYMLINK_NOFOLLOW ? Follow::kNo : Follow::kYes));
  HostBuffer name = TRY(place.path_argument());
  TRY(host_call(__NR_fchownat, place.directory_argument(), name.address(), user, group,
                static_cast<uint64_t>(flags)));
  return 0;
}

Result<int> sys_utime(AppPtr<const char> path, AppPtr<const UtimeBuffer> buffer) {
  Times times;
  if (buffer) {
    const UtimeBuffer value = TRY(boundary::read_app(buffer));
    times = {{{value.access, 0}, {value.modification, 0}}, true};
  }
  Place place;
  TRY(place.find(AT_FDCWD, path, Follow::kYes));
  return set_times(place, times, 0);
}

Result<int> sys_utimes(AppPtr<const char> path, AppPtr<const TimeVal> times) {
  return sys_futimesat(AT_FDCWD, path, times);
}

Result<int> sys_futimesat(int directory, AppPtr<const char> path, AppPtr<const TimeVal> buffer) {
  const Times times = TRY(from_timevals(buffer));
  if (!path && directory != AT_FDCWD) return set_descriptor_times(directory, times, 0);
  Place place;
  TRY(place.find(directory, path, Follow::kYes));
  return set_times(place, times, 0);
}

Result<int> sys_utimensat(int directory, AppPtr<const char> path, AppPtr<const TimeSpec> buffer, int flags) {
  Times times;
  if (buffer) {
    times.pair[0] = TRY(boundary::read_app(buffer));
    times.pair[1] = TRY(boundary::read_app(buffer + 1));
    times.given = true;
  }
  if (!path && directory != AT_FDCWD) return set_descriptor_times(directory, times, flags);
  Place place;
  TRY(place.find(directory, path, flags & AT_SYMLINK_NOFOLLOW ? Follow::kNo : Follow::kYes));
  return set_times(place, times, flags);
}

Result<int> sys_truncate(AppPtr<const char> path, int64_t size) {
  if (size < 0) return Errno(EINVAL);
  Place place;
  TRY(find_on_host(place, AT_FDCWD, path));
  HostBuffer name = TRY(place.path_argument());
  TRY(host_call(__NR_truncate, name.address(), static_cast<uint64_t>(size)));
  return 0;
}

Result<int> sys_ftruncate(int fd, int64_t size) {
  if (size < 0) return Errno(EINVAL);
  Ref<file::File> file = TRY(file::fd_table().get(fd));
  if (!file->writable()) return file->flags() & O_PATH ? Errno(EBADF) : Errno(EINVAL);
  TRY(file->truncate(static_cast<uint64_t>(size)));
  return 0;
}

// Kept by the host, which applies it: what it guards is on the host, too.
Result<uint32_t> sys_umask(uint32_t mask) {
  const uint64_t old = TRY(host_call(__NR_umask, mask & file::kModePermissions));
  return static_cast<uint32_t>(old & 0777);
}

}  // namespace scone::syscall
