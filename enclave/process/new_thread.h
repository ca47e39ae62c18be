// The birth and death of threads.
#pragma once

#include <cstdint>

#include "base/result.h"
#include "enclave/boundary/app_ptr.h"

namespace scone::process {

// clone(2)'s arguments that matter to a thread. Null pointers: not asked for.
struct ThreadRequest {
  uint64_t stack = 0;  // initial rsp; 0: the parent's
  bool set_tls = false;
  uint64_t tls = 0;
  AppPtr<int> parent_tid;      // CLONE_PARENT_SETTID
  AppPtr<int> child_tid;       // CLONE_CHILD_SETTID
  AppPtr<int> clear_child_tid; // CLONE_CHILD_CLEARTID
};

// Starts a thread that returns to the program from the current system call with 0. Returns its tid. EAGAIN, ENOMEM, EFAULT.
Result<int> create_thread(const ThreadRequest& request);

// Ends the current thread; the last one ends the process with `status`.
[[noreturn]] void end_thread(int status);

}  // namespace scone::process
