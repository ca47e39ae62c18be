#include "enclave/syscall/xattr.h"

#include <asm/unistd.h>
#include <linux/limits.h>

#include "base/min_max.h"
#include "enclave/boundary/host_call.h"
#include "enclave/file/fd_table.h"
#include "enclave/file/host_file.h"
#include "enclave/file/place.h"

namespace scone::syscall {
namespace {

using file::Follow;

// First argument of the host's call: a path in host memory, or a descriptor.
class Target {
 public:
  Result<void> set(AppPtr<const char> path, Follow follow) {
    file::Place place;
    TRY(place.find(AT_FDCWD, path, follow));
    if (place.node()) return Errno(EOPNOTSUPP);
    path_ = TRY(place.path_argument());
    argument_ = path_.address();
    return ok();
  }
  Result<void> set(int fd) {
    file_ = TRY(file::fd_table().get(fd));
    if (file_->flags() & O_PATH) return Errno(EBADF);
    file::HostFile* host = file_->as_host_file();
    if (!host) return Errno(EOPNOTSUPP);
    argument_ = host->number();
    return ok();
  }
  uint64_t argument() const { return argument_; }

 private:
  HostBuffer path_;
  Ref<file::File> file_;
  uint64_t argument_ = 0;
};

Result<HostBuffer> name_argument(AppPtr<const char> name) {
  char text[XATTR_NAME_MAX + 1];
  Result<size_t> length = boundary::copy_string_from_app(text, name, sizeof text);
  if (!length.ok()) return length.error() == Errno(ENAMETOOLONG) ? Errno(ERANGE) : length.error();
  if (length.value() == 0) return Errno(ERANGE);
  return HostBuffer::string(text);
}

Result<int> set_value(uint64_t call, const Target& target, AppPtr<const char> name, AppPtr<const void> value,
                      size_t size, int flags) {
  if (size > XATTR_SIZE_MAX) return Errno(E2BIG);
  HostBuffer text = TRY(name_argument(name));
  HostBuffer buffer = TRY(HostBuffer::allocate(size));
  TRY(buffer.write_from_app(0, value, size));
  TRY(host_call(call, target.argument(), text.address(), buffer.address(), size,
                static_cast<uint64_t>(flags)));
  return 0;
}

// call(buffer address, size) fills a buffer, or tells what size it would need.
template <typename Call>
Result<size_t> fetch(AppPtr<void> to, size_t size, size_t most, Call call) {
  size = min_of(size, most);
  if (size == 0) return boundary::check_count(TRY(call(uint64_t{0}, size_t{0})), most);
  HostBuffer buffer = TRY(HostBuffer::allocate(size));
  const size_t count = boundary::check_count(TRY(call(buffer.address(), size)), size);
  TRY(buffer.read_to_app(0, to, count));
  return count;
}

Result<size_t> get_value(uint64_t call, const Target& target, AppPtr<const char> name, AppPtr<void> value,
                         size_t size) {
  HostBuffer text = TRY(name_argument(name));
  return fetch(value, size, XATTR_SIZE_MAX, [&](uint64_t address, size_t room) {
    return host_call(call, target.argument(), text.address(), address, room);
  });
}

Result<size_t> list_names(uint64_t call, const Target& target, AppPtr<char> list, size_t size) {
  return fetch(list.cast<void>(), size, XATTR_LIST_MAX, [&](uint64_t address, size_t room) {
    return host_call(call, target.argument(), address, room);
  });
}

Result<int> remove_value(uint64_t call, const Target& target, AppPtr<const char> name) {
  HostBuffer text = TRY(name_argument(name));
  TRY(host_call(call, target.argument(), text.address()));
  return 0;
}

}  // namespace

Result<int> sys_setxattr(AppPtr<const char> path, AppPtr<const char> name, AppPtr<const void> value,
                         size_t size, int flags) {
  Target target;
  TRY(target.set(path, Follow::kYes));
  return set_value(__NR_setxattr, target, name, value, size, flags);
}

Result<int> sys_lsetxattr(AppPtr<const char> path, AppPtr<const char> name, AppPtr<const void> value,
                          size_t size, int flags) {
  Target target;
  TRY(target.set(path, Follow::kNo));
  return set_value(__NR_lsetxattr, target, name, value, size, flags);
}

Result<int> sys_fsetxattr(int fd, AppPtr<const char> name, AppPtr<const void> value, size_t size, int flags) {
  Target target;
  TRY(target.set(fd));
  return set_value(__NR_fsetxattr, target, name, value, size, flags);
}

Result<size_t> sys_getxattr(AppPtr<const char> path, AppPtr<const char> name, AppPtr<void> value,
                            size_t size) {
  Target target;
  TRY(target.set(path, Follow::kYes));
  return get_value(__NR_getxattr, target, name, value, size);
}

Result<size_t> sys_lgetxattr(AppPtr<const char> path, AppPtr<const char> name, AppPtr<void> value,
                             size_t size) {
  Target target;
  TRY(target.set(path, Follow::kNo));
  return get_value(__NR_lgetxattr, target, name, value, size);
}

Result<size_t> sys_fgetxattr(int fd, AppPtr<const char> name, AppPtr<void> value, size_t size) {
  Target target;
  TRY(target.set(fd));
  return get_value(__NR_fgetxattr, target, name, value, size);
}

Result<size_t> sys_listxattr(AppPtr<const char> path, AppPtr<char> list, size_t size) {
  Target target;
  TRY(target.set(path, Follow::kYes));
  return list_names(__NR_listxattr, target, list, size);
}

Result<size_t> sys_llistxattr(AppPtr<const char> path, AppPtr<char> list, size_t size) {
  Target target;
  TRY(target.set(path, Follow::kNo));
  return list_names(__NR_llistxattr, target, list, size);
}

Result<size_t> sys_flistxattr(int fd, AppPtr<char> list, size_t size) {
  Target target;
  TRY(target.set(fd));
  return list_names(__NR_flistxattr, target, list, size);
}

Result<int> sys_removexattr(AppPtr<const char> path, AppPtr<const char> name) {
  Target target;
  TRY(target.set(path, Follow::kYes));
  return remove_value(__NR_removexattr, target, name);
}

Result<int> sys_lremovexattr(AppPtr<const char> path, AppPtr<const char> name) {
  Target target;
  TRY(target.set(path, Follow::kNo));
  return remove_value(__NR_lremovexattr, target, name);
}

Result<int> sys_fremovexattr(int fd, AppPtr<const char> name) {
  Target target;
  TRY(target.set(fd));
  return remove_value(__NR_fremovexattr, target, name);
}

}  // namespace scone::syscall
