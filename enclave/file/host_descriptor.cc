#include "enclave/file/host_descriptor.h"

#include <asm/unistd.h>

#include "enclave/boundary/host_call.h"
#include "enclave/process/thread_list.h"
#include "enclave/sched/clock.h"

namespace scone::file {
namespace {

// About what a helper's waking up and ours afterwards take.
constexpr uint64_t kQuickNs = 200'000;

}  // namespace

Result<void> HostDescriptor::sync(bool data_only) {
  const uint64_t call = data_only ? __NR_fdatasync : __NR_fsync;
  const bool here = syncs_quickly_.load(std::memory_order_relaxed) || process::threads().count() == 1;
  const uint64_t begin = sched::now_ns();
  TRY(here ? host_call_now(call, number()) : host_call_blocking(call, number()));
  syncs_quickly_.store(sched::now_ns() - begin < kQuickNs, std::memory_order_relaxed);
  return ok();
}

}  // namespace scone::file
