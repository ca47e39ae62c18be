#include "enclave/file/host_sync.h"

#include "enclave/boundary/host_call.h"
#include "enclave/sched/clock.h"

namespace scone::file {
namespace {

// About what a helper's waking up and ours afterwards take.
constexpr uint64_t kQuickNs = 200'000;

}  // namespace

Result<void> HostSync::perform(uint64_t call, uint64_t descriptor, bool alone) {
  const bool here = alone || quick_.load(std::memory_order_relaxed);
  const uint64_t begin = sched::now_ns();
  TRY(here ? host_call_now(call, descriptor) : host_call_blocking(call, descriptor));
  quick_.store(sched::now_ns() - begin < kQuickNs, std::memory_order_relaxed);
  return ok();
}

}  // namespace scone::file
