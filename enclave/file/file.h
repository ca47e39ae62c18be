// An open file description (open(2)): what descriptors refer to.
#pragma once

#include <linux/errno.h>
#include <linux/fcntl.h>

#include <atomic>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/intrusive_list.h"
#include "base/ref.h"
#include "base/result.h"
#include "enclave/boundary/app_ptr.h"
#include "enclave/boundary/host_fd.h"
#include "enclave/file/io_vector.h"
#include "enclave/sched/wait_queue.h"

struct stat;
struct statfs;

namespace scone::net {
class ReadySource;
class Socket;
}  // namespace scone::net
namespace scone::mm {
class Backing;
}
namespace scone::process {
class SignalFile;
}

namespace scone::file {

class HostFile;
class Epoll;
class EpollItem;
class TimerFd;
class FileLocks;
struct AttributeChange;

// Shared by all descriptors that dup(2) made. Thread safe. Operations that a kind of file lacks return
// what Linux returns for it; the defaults here are the most common answers.
class File : public RefCounted {
 public:
  virtual ~File() = default;

  // read/write at `offset`, or at (and advancing) the file's own position when it is empty. Block unless
  // O_NONBLOCK is set. Interrupted before anything was moved: Errno(process::kRestartSys).
  virtual Result<size_t> read(IoVector& to, std::optional<uint64_t> offset);     // EINVAL
  virtual Result<size_t> write(IoVector& from, std::optional<uint64_t> offset);  // EINVAL
  virtual Result<uint64_t> seek(int64_t offset, int whence);                     // ESPIPE
  virtual Result<uint64_t> ioctl(uint32_t request, uint64_t argument);           // ENOTTY
  virtual Result<void> stat(struct ::stat& result);  // fills all of it; anonymous inode
  virtual Result<void> truncate(uint64_t size);      // EINVAL
  virtual Result<void> sync(bool data_only);         // EINVAL
  // Whole struct linux_dirent64 records from the current position on; 0 at the end.
  virtual Result<size_t> read_directory(IoVector& to);  // ENOTDIR
  // open(2) of /proc/self/fd/N: a new description of the same object.
  virtual Result<Ref<File>> reopen(int flags);  // ENXIO

  // EPOLL* events that hold now.
  virtual uint32_t poll();  // always readable and writable
  // Notified when poll()'s answer may have changed; nullptr if it never does (regular files: epoll refuses them).
  virtual sched::WaitQueue* wait_queue() { return nullptr; }
  // A party starts to wait for events through wait_queue(): lets sources that live outside arm themselves.
  virtual void expect(uint32_t /*events*/) {}

  // The runner's descriptor on which a host call may move this file's data without the enclave seeing it (sendfile,
  // copy_file_range between unprotected files), or nullptr. Where it can block it is non-blocking and has a ready_source().
  virtual const HostFd* host_fd() { return nullptr; }
  // Its readiness, for who makes such calls and sees EAGAIN, and for poll(2) and epoll, which ask the host about many files at
  // once. nullptr if it does not block; otherwise poll() answers the same as its events().
  virtual net::ReadySource* ready_source() { return nullptr; }

  // For mmap(2). ENODEV; EACCES if the open mode does not allow it.
  virtual Result<Ref<mm::Backing>> backing(bool write_shared);
  // A path for /proc/self/fd and maps ("pipe:[7]", "socket:[9]", "/etc/passwd"). Never null.
  virtual const char* name() const { return "anon_inode:[scone]"; }

  // Of a directory that the enclave makes up, its absolute path; empty for all others.
  virtual std::string_view inside_path() const { return {}; }

  // The path from the program's root under which it was opened, if regions are in use (regions.h); empty otherwise.
  virtual std::string_view program_path() const { return {}; }
  // fchmod(2), fchown(2), futimens(3).
  virtual Result<void> change(const AttributeChange& /*change*/) { return Errno(EPERM); }
  // fallocate(2).
  virtual Result<void> reserve(int /*mode*/, uint64_t /*offset*/, uint64_t /*length*/) { return Errno(ENODEV); }
  virtual Result<void> statfs(struct ::statfs& result);  // anonymous inode
  // fchdir(2).
  virtual Result<void> enter() { return inside_path().empty() ? Errno(ENOTDIR) : Errno(EACCES); }
  // Its record locks and flock(2) locks, which are the enclave's then; nullptr: the host's, or none.
  virtual FileLocks* locks() { return nullptr; }

  // F_GETPIPE_SZ, F_SETPIPE_SZ (returns the new size).
  virtual Result<uint64_t> pipe_size() { return Errno(EBADF); }
  virtual Result<uint64_t> set_pipe_size(uint64_t) { return Errno(EBADF); }

  // Kept by FdTable: descriptors that refer to this file. When the last one goes, epoll sets forget the file (epoll(7)).
  void descriptor_added() { descriptors_.fetch_add(1); }
  void descriptor_removed();  // nothing locked; may park
  bool has_descriptors() const { return descriptors_.load() > 0; }
  // close(2) of a descriptor that refers to this file, which is gone already: what became of writes that nobody waited for.
  virtual Result<void> flush() { return ok(); }
  // A descriptor that refers to this file was closed; others may remain. Called by FdTable, nothing locked; may park.
  virtual void descriptor_closed() {}

  // Downcasts, instead of RTTI.
  virtual HostFile* as_host_file() { return nullptr; }
  virtual net::Socket* as_socket() { return nullptr; }
  virtual Epoll* as_epoll() { return nullptr; }
  virtual process::SignalFile* as_signal_file() { return nullptr; }
  virtual TimerFd* as_timer_fd() { return nullptr; }

  // O_ACCMODE | O_APPEND | O_NONBLOCK | O_DIRECT | O_ASYNC … as F_GETFL reports.
  int flags() const { return flags_.load(std::memory_order_relaxed); }
  // F_SETFL: changes those of O_APPEND, O_NONBLOCK, O_DIRECT, O_NOATIME that the file honours; by default O_NONBLOCK.
  virtual Result<void> set_flags(int flags);
  bool nonblocking() const { return flags() & O_NONBLOCK; }
  bool readable() const { return (flags() & O_ACCMODE) != O_WRONLY && !(flags() & O_PATH); }
  bool writable() const { return (flags() & O_ACCMODE) != O_RDONLY && !(flags() & O_PATH); }

 protected:
  explicit File(int flags) : flags_(flags) {}
  // Sets the bits of `mask` in flags() as they are in `flags`.
  void change_flags(int mask, int flags);
  std::atomic<int> flags_;

 private:
  friend class Epoll;
  std::atomic<uint32_t> descriptors_{0};
  IntrusiveList<EpollItem> epoll_items_;  // guarded by a lock in epoll.cc
};

// Parks until poll() has one of `events` (EPOLLERR and EPOLLHUP always count), a signal comes (kRestartSys) or the deadline
// passes (ETIMEDOUT).
Result<void> wait_for_events(File& file, uint32_t events, uint64_t deadline_ns = sched::kNever);

}  // namespace scone::file
