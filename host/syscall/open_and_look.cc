#include "host/syscall/open_and_look.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "abi/border.h"

namespace scone::host {

int64_t open_and_look(const uint64_t (&a)[6]) {
  static_assert(sizeof(struct stat) == sizeof(abi::OpenAnswer::stat));
  if (a[5] < sizeof(abi::OpenAnswer)) return -EINVAL;
  const int flags = static_cast<int>(a[2]);
  const int fd = openat(static_cast<int>(a[0]), reinterpret_cast<const char*>(a[1]), flags, static_cast<mode_t>(a[3]));
  if (fd < 0) return -errno;
  auto& answer = *reinterpret_cast<abi::OpenAnswer*>(a[4]);
  struct stat status;
  if (fstat(fd, &status) != 0) {
    const int error = errno;
    close(fd);
    return -error;
  }
  memcpy(answer.stat, &status, sizeof status);
  answer.content_size = -1;
  const uint64_t room = a[5] - sizeof answer;
  const bool readable = (flags & O_ACCMODE) == O_RDONLY && S_ISREG(status.st_mode);
  if (readable && status.st_size > 0 && static_cast<uint64_t>(status.st_size) <= room)
    answer.content_size = pread(fd, &answer + 1, static_cast<size_t>(status.st_size), 0);
  return fd;
}

}  // namespace scone::host
