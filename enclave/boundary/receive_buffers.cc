#include "enclave/boundary/receive_buffers.h"

#include <atomic>

#include "abi/border.h"
#include "enclave/boundary/host_call.h"
#include "enclave/boundary/host_state.h"
#include "enclave/boundary/round.h"
#include "enclave/sched/lock.h"

namespace scone::boundary {
namespace {

constexpr uint32_t kScarce = abi::kReceiveBuffers / 2;

sched::SpinLock g_lock{sched::LockRank::kHostArena};
uint64_t g_held[abi::kReceiveBuffers / 64];    // guarded by g_lock: bit per buffer that is not the host's
uint16_t g_returning[abi::kReceiveBuffers];    // guarded by g_lock: free, and the host does not know yet
uint32_t g_returning_count;                    // guarded by g_lock
std::atomic<uint32_t> g_held_count{0};         // written under g_lock

bool is_held(uint64_t number) { return g_held[number / 64] >> number % 64 & 1; }

}  // namespace

HostBuffer take_receive_buffer(uint64_t number, uint64_t length) {
  if (number >= abi::kReceiveBuffers || length > abi::kReceiveBufferSize) host_violation("an arrival that fits no buffer");
  {
    sched::SpinGuard guard(g_lock);
    if (!is_held(number)) {
      g_held[number / 64] |= uint64_t{1} << number % 64;
      g_held_count.store(g_held_count.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
      return HostBuffer::of_host(start_info().receive_buffers + number * abi::kReceiveBufferSize, length);
    }
  }
  host_violation("an arrival in a buffer that is the enclave's");
}

bool receive_buffers_scarce() { return g_held_count.load(std::memory_order_relaxed) > kScarce; }

bool return_receive_buffer(uint64_t address) {
  const uint64_t number = (address - start_info().receive_buffers) / abi::kReceiveBufferSize;
  if (!batching() || number >= abi::kReceiveBuffers) return false;
  sched::SpinGuard guard(g_lock);
  g_returning[g_returning_count++] = static_cast<uint16_t>(number);
  return true;
}

void give_back_receive_buffers(HostPtr<abi::EthreadArea> area) {
  auto numbers = HostPtr<uint64_t>::unchecked(area.address() + offsetof(abi::EthreadArea, returned));
  uint64_t count = 0;
  sched::SpinGuard guard(g_lock);
  while (g_returning_count > 0 && count < abi::kMaxArrivals) {
    const uint16_t number = g_returning[--g_returning_count];
    g_held[number / 64] &= ~(uint64_t{1} << number % 64);
    g_held_count.store(g_held_count.load(std::memory_order_relaxed) - 1, std::memory_order_relaxed);
    (numbers + count++).store(number);
  }
  area.field(&abi::EthreadArea::returned_count).store(count);
}

}  // namespace scone::boundary
