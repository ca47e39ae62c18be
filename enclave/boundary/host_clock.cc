#include "enclave/boundary/host_clock.h"

#include <atomic>

#include "abi/border.h"
#include "enclave/boundary/host_state.h"
#include "enclave/sched/clock.h"
#include "enclave/sched/clock_page.h"

namespace scone::boundary {
namespace {

std::atomic<uint64_t> g_followed{0};  // the sequence of the page that the clocks were last set from
std::atomic<bool> g_following{false};

HostPtr<abi::TimePage> time_page() {
  return HostPtr<abi::TimePage>::unchecked(shared_area().address() + offsetof(abi::SharedArea, time));
}

// What the page holds at `sequence`; false if the host was about to change it.
bool copy(HostPtr<abi::TimePage> page, uint64_t sequence, sched::Calibration& to) {
  to.base_tsc = page.field(&abi::TimePage::base_tsc).load_acquire();
  to.multiplier = page.field(&abi::TimePage::multiplier).load_acquire();
  to.base_ns[size_t(sched::Timeline::kMonotonic)] = page.field(&abi::TimePage::monotonic_ns).load_acquire();
  to.base_ns[size_t(sched::Timeline::kRealtime)] = page.field(&abi::TimePage::realtime_ns).load_acquire();
  to.base_ns[size_t(sched::Timeline::kBoottime)] = page.field(&abi::TimePage::boottime_ns).load_acquire();
  return !(sequence & 1) && sequence == page.field(&abi::TimePage::sequence).load_acquire();
}

}  // namespace

void start_clocks() {
  sched::Calibration calibration{};
  static_cast<void>(copy(time_page(), 0, calibration));
  sched::clock_page().calibrate(calibration);
}

void follow_host_clock() {
  const auto page = time_page();
  const uint64_t sequence = page.field(&abi::TimePage::sequence).load_acquire();
  if (sequence == g_followed.load(std::memory_order_relaxed)) [[likely]]
    return;
  // Another ethread is at it; what it may miss is found behind the next crossing.
  if (g_following.exchange(true, std::memory_order_acquire)) return;
  if (sched::Calibration calibration{}; copy(page, sequence, calibration)) {
    sched::clock_page().calibrate(calibration);
    g_followed.store(sequence, std::memory_order_relaxed);
  }
  g_following.store(false, std::memory_order_release);
}

}  // namespace scone::boundary
