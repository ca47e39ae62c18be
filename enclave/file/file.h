// An open file description (open(2)): what descriptors refer to.
#pragma once

#include <linux/errno.h>
#include <linux/fcntl.h>

#include <atomic>
#include <cstdint>
#include <optional>

#include "base/ref.h"
#include "base/result.h"
#include "enclave/boundary/app_ptr.h"
#include "enclave/file/io_vector.h"
#include "enclave/sched/wait_queue.h"

struct stat;

namespace scone::net {
class Socket;
}
namespace scone::mm {
class Backing;
}

namespace scone::file {

class HostFile;
class Directory;
class Epoll;

// Shared by all descriptors that dup(2) made. Thread safe. Operations that a kind of file lacks return
// what Linux returns for it; the defaults here are the most common answers.
class File : public RefCounted {
 public:
  virtual ~File() = default;

  // read/write at `offset`, or at (and advancing) the file's own position when it is empty. Block unless
  // O_NONBLOCK is set. Interrupted before anything was moved: Errno(process::kRestartSys).
  virtual Result<size_t> read(IoVector& to, std::optional<uint64_t> offset);    // EINVAL
  virtual Result<size_t> write(IoVector& from, std::optional<uint64_t> offset); // EINVAL
  virtual Result<uint64_t> seek(int64_t offset, int whence);                    // ESPIPE
  virtual Result<uint64_t> ioctl(uint32_t request, uint64_t argument);          // ENOTTY
  virtual Result<void> stat(struct ::stat& result);                             // fills all of it; anonymous inode
  virtual Result<void> truncate(uint64_t size);                                 // EINVAL
  virtual Result<void> sync(bool data_only);                                    // EINVAL

  // EPOLL* events that hold now.
  virtual uint32_t poll();                                  // always readable and writable
  // Notified when poll()'s answer may have changed; nullptr if it never does (regular files: epoll refuses them).
  virtual sched::WaitQueue* wait_queue() { return nullptr; }
  // A party starts to wait for events through wait_queue(): lets sources that live outside arm themselves.
  virtual void expect(uint32_t /*events*/) {}

  // For mmap(2). ENODEV; EACCES if the open mode does not allow it.
  virtual Result<Ref<mm::Backing>> backing(bool write_shared);
  // A path for /proc/self/fd and maps ("pipe:[7]", "socket:[9]", "/etc/passwd"). Never null.
  virtual const char* name() const { return "anon_inode"; }

  // Downcasts, instead of RTTI.
  virtual HostFile* as_host_file() { return nullptr; }
  virtual Directory* as_directory() { return nullptr; }
  virtual net::Socket* as_socket() { return nullptr; }
  virtual Epoll* as_epoll() { return nullptr; }

  // O_ACCMODE | O_APPEND | O_NONBLOCK | O_DIRECT | O_ASYNC … as F_GETFL reports.
  int flags() const { return flags_.load(std::memory_order_relaxed); }
  // F_SETFL: changes those of O_APPEND, O_NONBLOCK, O_ASYNC, O_DIRECT, O_NOATIME that the file honours.
  virtual Result<void> set_flags(int flags);
  bool nonblocking() const { return flags() & O_NONBLOCK; }
  bool readable() const { return (flags() & O_ACCMODE) != O_WRONLY && !(flags() & O_PATH); }
  bool writable() const { return (flags() & O_ACCMODE) != O_RDONLY && !(flags() & O_PATH); }

 protected:
  explicit File(int flags) : flags_(flags) {}
  std::atomic<int> flags_;
};

}  // namespace scone::file
