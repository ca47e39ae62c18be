#include "enclave/syscall/open.h"

#include <asm/unistd.h>

#include "enclave/boundary/host_call.h"
#include "enclave/file/fd_table.h"
#include "enclave/file/host_file.h"
#include "enclave/file/open.h"

namespace scone::syscall {
namespace {

constexpr uint32_t kDontFollow = 0x02000000;  // IN_DONT_FOLLOW
constexpr uint32_t kMemfdCloseOnExec = 1;     // MFD_CLOEXEC
constexpr size_t kMemfdNameSize = 250;        // with its NUL (memfd_create(2))

Result<uint64_t> inotify_of(int fd) {
  Ref<file::File> file = TRY(file::fd_table().get(fd));
  file::HostFile* host = file->as_host_file();
  if (!host) return Errno(EINVAL);
  return host->number();
}

}  // namespace

Result<int> sys_open(AppPtr<const char> path, int flags, uint32_t mode) {
  return sys_openat(AT_FDCWD, path, flags, mode);
}

Result<int> sys_creat(AppPtr<const char> path, uint32_t mode) {
  return sys_openat(AT_FDCWD, path, O_CREAT | O_WRONLY | O_TRUNC, mode);
}

Result<int> sys_openat(int directory, AppPtr<const char> path, int flags, uint32_t mode) {
  file::Place place;
  TRY(place.find(directory, path, file::follow_when_opening(flags)));
  Ref<file::File> file = TRY(file::open_place(place, flags, mode));
  return file::fd_table().install(std::move(file), flags & O_CLOEXEC);
}

Result<int> sys_memfd_create(AppPtr<const char> name, uint32_t flags) {
  char text[kMemfdNameSize];
  Result<size_t> length = boundary::copy_string_from_app(text, name, sizeof text);
  if (!length.ok()) return length.error() == Errno(ENAMETOOLONG) ? Errno(EINVAL) : length.error();
  HostBuffer buffer = TRY(HostBuffer::string(text));
  HostFd fd =
      TRY(HostFd::adopt(TRY(host_call(__NR_memfd_create, buffer.address(), flags | kMemfdCloseOnExec))));
  Ref<file::File> file = TRY(file::adopt_host_file(std::move(fd), O_RDWR));
  return file::fd_table().install(std::move(file), flags & kMemfdCloseOnExec);
}

Result<int> sys_inotify_init() { return sys_inotify_init1(0); }

Result<int> sys_inotify_init1(int flags) {
  if (flags & ~(O_NONBLOCK | O_CLOEXEC)) return Errno(EINVAL);
  HostFd fd = TRY(HostFd::adopt(TRY(host_call(__NR_inotify_init1, O_NONBLOCK | O_CLOEXEC))));
  Ref<file::File> file = TRY(file::adopt_host_stream(std::move(fd), O_RDONLY | (flags & O_NONBLOCK)));
  return file::fd_table().install(std::move(file), flags & O_CLOEXEC);
}

Result<int> sys_inotify_add_watch(int fd, AppPtr<const char> path, uint32_t mask) {
  const uint64_t inotify = TRY(inotify_of(fd));
  file::Place place;
  TRY(place.find(AT_FDCWD, path, mask & kDontFollow ? file::Follow::kNo : file::Follow::kYes));
  if (place.node()) return Errno(EPERM);
  HostBuffer name = TRY(place.path_argument());
  const uint64_t watch = TRY(host_call(__NR_inotify_add_watch, inotify, name.address(), mask));
  if (watch > INT32_MAX) boundary::host_violation("inotify_add_watch: not a watch");
  return static_cast<int>(watch);
}

Result<int> sys_inotify_rm_watch(int fd, int watch) {
  TRY(host_call(__NR_inotify_rm_watch, TRY(inotify_of(fd)), static_cast<uint64_t>(watch)));
  return 0;
}

}  // namespace scone::syscall
