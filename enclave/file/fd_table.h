// The program's descriptor numbers.
#pragma once

#include <cstdint>

#include "base/ref.h"
#include "base/result.h"
#include "enclave/file/file.h"
#include "enclave/sched/lock.h"

namespace scone::file {

// One per process. Numbers are the enclave's own: the host's descriptors never show. Thread safe.
class FdTable {
 public:
  FdTable() = default;
  ~FdTable();

  // EBADF.
  Result<Ref<File>> get(int fd);
  // Lowest free number >= minimum. EMFILE (RLIMIT_NOFILE), ENOMEM.
  Result<int> install(Ref<File> file, bool close_on_exec, int minimum = 0);
  // Two at once, or none (pipe2, socketpair): out[0], out[1].
  Result<void> install_pair(Ref<File> first, Ref<File> second, bool close_on_exec, int out[2]);
  // dup2/dup3 semantics: replaces what stood at `fd` and returns it through `replaced` for closing without lock. EBADF.
  Result<void> replace(int fd, Ref<File> file, bool close_on_exec, Ref<File>& replaced);
  // Takes the entry out; the caller's Ref closes the file. EBADF.
  Result<Ref<File>> remove(int fd);
  Result<bool> close_on_exec(int fd);
  Result<void> set_close_on_exec(int fd, bool value);
  // Next used number >= from, or -1: for close_range, /proc/self/fd, exec.
  int next(int from);
  void set_limit(uint32_t limit);  // RLIMIT_NOFILE
  uint32_t limit() const { return limit_; }

 private:
  struct Entry {
    File* file = nullptr;
    bool close_on_exec = false;
  };
  Result<void> grow(uint32_t size);  // lock held
  sched::SpinLock lock_{sched::LockRank::kFdTable};
  Entry* entries_ = nullptr;
  uint32_t size_ = 0;
  uint32_t first_free_ = 0;
  uint32_t limit_ = 1024;
};

// The process's table.
FdTable& fd_table();

}  // namespace scone::file
