#include "enclave/boundary/host_clock.h"

#include "abi/border.h"
#include "enclave/boundary/host_state.h"

namespace scone::boundary {
namespace {

// SAFETY: RDTSC is legal in an enclave on every processor with EDMM.
uint64_t read_tsc() {
  uint32_t low, high;
  asm volatile("rdtsc" : "=a"(low), "=d"(high));
  return uint64_t{high} << 32 | low;
}

HostPtr<uint64_t> field_of(HostClock clock, HostPtr<abi::TimePage> page) {
  switch (clock) {
    case HostClock::kMonotonic:
      return page.field(&abi::TimePage::monotonic_ns);
    case HostClock::kRealtime:
      return page.field(&abi::TimePage::realtime_ns);
    case HostClock::kBoottime:
      return page.field(&abi::TimePage::boottime_ns);
  }
  __builtin_unreachable();
}

}  // namespace

uint64_t read_host_clock(HostClock clock) {
  auto page = HostPtr<abi::TimePage>::unchecked(shared_area().address() + offsetof(abi::SharedArea, time));
  uint64_t base_tsc = 0, multiplier = 0, base_ns = 0;
  // The host may be in the middle of an update; it is not waited for beyond a few tries.
  for (int tries = 0; tries < 1000; ++tries) {
    const uint64_t sequence = page.field(&abi::TimePage::sequence).load_acquire();
    base_tsc = page.field(&abi::TimePage::base_tsc).load_acquire();
    multiplier = page.field(&abi::TimePage::multiplier).load_acquire();
    base_ns = field_of(clock, page).load_acquire();
    if (!(sequence & 1) && sequence == page.field(&abi::TimePage::sequence).load_acquire()) break;
    __builtin_ia32_pause();
  }
  const uint64_t tsc = read_tsc();
  if (tsc < base_tsc) return base_ns;
  return base_ns + static_cast<uint64_t>(static_cast<unsigned __int128>(tsc - base_tsc) * multiplier >> 32);
}

}  // namespace scone::boundary
