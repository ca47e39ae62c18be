// The credentials of this process.
#pragma once

#include "base/result.h"
#include "enclave/process/credentials.h"
#include "enclave/sched/lock.h"

namespace scone::process {

// Takes over what the host says the runner is; once, at start, on a thread. What it says matters only for what the program is
// told: the host decides about its own resources anyhow. EIO, ENOMEM.
Result<void> init_credentials();

// A copy; any thread.
Credentials credentials();

// For own_credentials.cc and change_credentials().
struct SharedCredentials {
  sched::SpinLock lock{sched::LockRank::kObject};
  Credentials value;  // guarded by lock
};
SharedCredentials& shared_credentials();  // precondition: init_credentials() succeeded

// change(Credentials&) -> Result<T>, with the lock held: it neither parks nor touches program memory.
template <typename Change>
auto change_credentials(Change change) {
  SharedCredentials& shared = shared_credentials();
  sched::SpinGuard guard(shared.lock);
  return change(shared.value);
}

}  // namespace scone::process
