// The program's descriptor numbers.
#pragma once

#include <cstdint>

#include "base/ref.h"
#include "base/result.h"
#include "enclave/file/file.h"
#include "enclave/sched/read_mostly_lock.h"

namespace scone::file {

// One per process. Numbers are the enclave's own: the host's descriptors never show. Thread safe.
class FdTable {
 public:
  // As fs.nr_open.
  static constexpr uint32_t kMaxLimit = 1 << 20;

  constexpr FdTable() = default;
  FdTable(const FdTable&) = delete;
  FdTable& operator=(const FdTable&) = delete;

  // EBADF.
  Result<Ref<File>> get(int fd);
  // Lowest free number >= minimum. EMFILE (RLIMIT_NOFILE), ENOMEM.
  Result<int> install(Ref<File> file, bool close_on_exec, int minimum = 0);
  // Two at once, or none (pipe2, socketpair): out[0], out[1].
  Result<void> install_pair(Ref<File> first, Ref<File> second, bool close_on_exec, int out[2]);
  // dup2/dup3 semantics: replaces what stood at `fd` and returns it through `replaced` for closing without lock. EBADF
  // (not below the limit), ENOMEM.
  Result<void> replace(int fd, Ref<File> file, bool close_on_exec, Ref<File>& replaced);
  // Takes the entry out; the caller's Ref closes the file. EBADF.
  Result<Ref<File>> remove(int fd);
  Result<bool> close_on_exec(int fd);
  Result<void> set_close_on_exec(int fd, bool value);
  // Next used number >= from, or -1: for close_range, /proc/self/fd, exec. Precondition: from >= 0.
  int next(int from);
  // RLIMIT_NOFILE, cut to kMaxLimit. Descriptors above it stay open.
  void set_limit(uint32_t limit);
  uint32_t limit() const { return limit_; }
  // Numbers there is room for at the moment (FDSize in /proc/self/status).
  uint32_t size() const { return size_; }
  // Closes everything: at the end of the process. (There is no destructor: the process's table is never destroyed.)
  void close_all();

 private:
  struct Entry {
    File* file = nullptr;
    bool close_on_exec = false;
  };
  Result<Ref<File>> take_out(int fd);
  // The rest: lock held.
  Entry* find(int fd);
  uint32_t free_from(uint32_t fd) const;
  void put(uint32_t fd, Ref<File> file, bool close_on_exec);
  Result<uint32_t> reserve_slot(uint32_t minimum);
  Result<void> grow(uint32_t wanted);

  sched::ReadMostlyLock lock_{sched::LockRank::kFdTable};
  Entry* entries_ = nullptr;
  uint32_t size_ = 0;
  uint32_t first_free_ = 0;  // all below are used
  uint32_t limit_ = 1024;
};

// The process's table.
FdTable& fd_table();

}  // namespace scone::file
