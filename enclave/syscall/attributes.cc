#include "enclave/syscall/attributes.h"

#include <asm/unistd.h>

#include "enclave/boundary/host_call.h"
#include "enclave/file/fd_table.h"
#include "enclave/file/host_file.h"
#include "enclave/file/mode.h"
#include "enclave/file/place.h"
#include "enclave/file/regions.h"
#include "enclave/sched/clock.h"

namespace scone::syscall {
namespace {

using file::AttributeChange;
using file::Follow;
using file::Place;

constexpr int64_t kMicroseconds = 1'000'000;
constexpr int64_t kNanoseconds = 1'000'000'000;
constexpr int64_t kTimeNow = (1 << 30) - 1, kTimeOmit = (1 << 30) - 2;  // UTIME_NOW, UTIME_OMIT

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

// One time for a file inside: absent to leave it. EINVAL.
Result<std::optional<int64_t>> inside_time(const Times& times, int which) {
  const TimeSpec& time = times.pair[which];
  if (!times.given || time.nanoseconds == kTimeNow)
    return std::optional<int64_t>(static_cast<int64_t>(sched::realtime_ns()));
  if (time.nanoseconds == kTimeOmit) return std::optional<int64_t>();
  if (time.nanoseconds < 0 || time.nanoseconds >= kNanoseconds) return Errno(EINVAL);
  int64_t result;
  if (__builtin_mul_overflow(time.seconds, kNanoseconds, &result) ||
      __builtin_add_overflow(result, time.nanoseconds, &result))
    return Errno(EINVAL);
  return std::optional<int64_t>(result);
}

Result<AttributeChange> inside_times(const Times& times) {
  AttributeChange change;
  change.access_time = TRY(inside_time(times, 0));
  change.modification_time = TRY(inside_time(times, 1));
  return change;
}

Result<int> set_times(Place& place, const Times& times, int flags) {
  if (place.node()) {
    TRY(place.node()->change(TRY(inside_times(times))));
    return 0;
  }
  HostBuffer path = TRY(place.path_argument());
  HostBuffer values = TRY(to_host(times));
  TRY(host_call(__NR_utimensat, place.directory_argument(), path.address(),
                times.given ? values.address() : 0, static_cast<uint64_t>(flags)));
  return 0;
}

// call(host descriptor, …rest) on the host, or the change to a file inside.
template <typename... Rest>
Result<int> change_descriptor(int fd, const AttributeChange& change, uint64_t number, Rest... rest) {
  Ref<file::File> file = TRY(file::fd_table().get(fd));
  if (file->flags() & O_PATH) return Errno(EBADF);
  if (file::HostFile* host = file->as_host_file())
    TRY(host_call(number, host->number(), static_cast<uint64_t>(rest)...));
  else
    TRY(file->change(change));
  return 0;
}

// utimensat(fd, NULL, …) is futimens(3).
Result<int> set_descriptor_times(int fd, const Times& times, int flags) {
  if (flags != 0) return Errno(EINVAL);
  HostBuffer values = TRY(to_host(times));
  return change_descriptor(fd, TRY(inside_times(times)), __NR_utimensat, 0, times.given ? values.address() : 0, 0);
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

// Keeps (-1) or sets.
std::optional<uint32_t> owner(uint32_t id) {
  return id == UINT32_MAX ? std::nullopt : std::optional<uint32_t>(id);
}

}  // namespace

Result<int> sys_chmod(AppPtr<const char> path, uint32_t mode) { return sys_fchmodat(AT_FDCWD, path, mode); }

Result<int> sys_fchmod(int fd, uint32_t mode) {
  return change_descriptor(fd, {.mode = mode & file::kModePermissions}, __NR_fchmod, mode);
}

Result<int> sys_fchmodat(int directory, AppPtr<const char> path, uint32_t mode) {
  Place place;
  TRY(place.find(directory, path, Follow::kYes));
  if (place.node()) {
    TRY(place.node()->change({.mode = mode & file::kModePermissions}));
    return 0;
  }
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
  return change_descriptor(fd, {.user = owner(user), .group = owner(group)}, __NR_fchown, user, group);
}

Result<int> sys_fchownat(int directory, AppPtr<const char> path, uint32_t user, uint32_t group, int flags) {
  Place place;
  TRY(place.find(directory, path, flags & AT_SYMLINK_NOFOLLOW ? Follow::kNo : Follow::kYes));
  if (place.node()) {
    TRY(place.node()->change({.user = owner(user), .group = owner(group)}));
    return 0;
  }
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
  TRY(place.find(AT_FDCWD, path, Follow::kYes));
  if (place.node()) {
    TRY(place.node()->truncate(static_cast<uint64_t>(size)));
    return 0;
  }
  HostBuffer name = TRY(place.path_argument());
  // It waits for whoever has a lease of the file, which may be we.
  TRY(host_call_blocking(__NR_truncate, name.address(), static_cast<uint64_t>(size)));
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
  if (file::regions) file::regions->set_umask(mask & 0777);
  return static_cast<uint32_t>(old & 0777);
}

}  // namespace scone::syscall
