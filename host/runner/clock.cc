#include "host/runner/clock.h"

#include <time.h>
#include <x86intrin.h>

#include "host/runner/hostile.h"

namespace scone::host {
namespace {

constexpr uint64_t kMinimumBaseline = 1'000'000;
constexpr uint64_t kLongestInterval = 1'000'000'000;

uint64_t read(clockid_t clock) {
  timespec time;
  clock_gettime(clock, &time);
  return static_cast<uint64_t>(time.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(time.tv_nsec);
}

}  // namespace

// The narrowest of a few tries, so that an interruption between the two readings does no harm.
Clock::Sample Clock::take() {
  Sample best{};
  uint64_t narrowest = UINT64_MAX;
  for (int i = 0; i < 5; ++i) {
    const uint64_t before = __rdtsc();
    const uint64_t ns = read(CLOCK_MONOTONIC);
    const uint64_t after = __rdtsc();
    if (after - before >= narrowest) continue;
    narrowest = after - before;
    best = {before + (after - before) / 2, ns};
  }
  return best;
}

Clock::Clock() : first_(take()) {}

void Clock::publish(abi::TimePage& page) {
  page_ = &page;
  Sample now = take();
  while (now.monotonic_ns - first_.monotonic_ns < kMinimumBaseline) now = take();
  update(now);
}

void Clock::refresh() {
  if (__rdtsc() < next_tsc_.load(std::memory_order_relaxed) || updating_.exchange(true, std::memory_order_acquire)) return;
  update(take());
  updating_.store(false, std::memory_order_release);
}

void Clock::update(const Sample& now) {
  const uint64_t elapsed_tsc = now.tsc - first_.tsc;
  const uint64_t elapsed_ns = now.monotonic_ns - first_.monotonic_ns;
  const auto field = [](uint64_t& target, uint64_t value) { __atomic_store_n(&target, value, __ATOMIC_RELEASE); };
  const uint64_t sequence = page_->sequence;
  const int64_t since = static_cast<int64_t>(read(CLOCK_MONOTONIC) - now.monotonic_ns);
  field(page_->sequence, sequence + 1);
  field(page_->base_tsc, now.tsc);
  field(page_->multiplier, static_cast<uint64_t>((static_cast<unsigned __int128>(elapsed_ns) << 32) / elapsed_tsc));
  field(page_->monotonic_ns, now.monotonic_ns);
  field(page_->realtime_ns, read(CLOCK_REALTIME) - static_cast<uint64_t>(since));
  field(page_->boottime_ns, read(CLOCK_BOOTTIME) - static_cast<uint64_t>(since));
  field(page_->sequence, sequence + 2);
  tamper_time(*page_);
  // The longer the baseline, the better the rate, the longer it may be relied upon.
  const uint64_t interval = elapsed_ns / 4 < kLongestInterval ? elapsed_ns / 4 : kLongestInterval;
  next_tsc_.store(now.tsc + static_cast<uint64_t>(static_cast<unsigned __int128>(elapsed_tsc) * interval / elapsed_ns),
                  std::memory_order_relaxed);
}

}  // namespace scone::host
