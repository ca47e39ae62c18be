#include "enclave/sched/crew.h"

#include "base/min_max.h"

namespace scone::sched {
namespace {

// Per cent. Tries of ten milliseconds scatter; what they gain must be more than that, and worth a processor.
constexpr uint64_t kWorthOneMore = 115;
constexpr uint64_t kAsGood = 97;
// Per cent of their time for which ethreads work that have no more to give.
constexpr uint64_t kBusy = 90;

}  // namespace

void Crew::observe(uint64_t now, const Load& load) {
  const uint64_t elapsed = now - window_start_;
  if (computes(now)) {
    if (phase_ != Phase::kSteady) settle_for(size_before_);  // what was tried was not measured
  } else if (elapsed >= kWindow && elapsed < 4 * kWindow) {
    judge(elapsed, load);
  } else {
    settle_for(1);  // there was hardly anything to do, and what comes now is new
    windows_to_wait_ = 0;
  }
  window_start_ = now;
  at_start_ = load;
  window_end_.store(now + kWindow, std::memory_order_relaxed);
}

void Crew::judge(uint64_t elapsed, const Load& load) {
  const uint64_t rate = (load.calls - at_start_.calls) * 1'000'000 / elapsed;
  const uint64_t idle = (load.waited - at_start_.waited) * 100 / elapsed;
  switch (phase_) {
    case Phase::kSteady:
      return consider(rate, idle);
    case Phase::kSettling:
      phase_ = Phase::kTrying;
      return;
    case Phase::kTrying:
      break;
  }
  const uint32_t tried = usual_.load(std::memory_order_relaxed);
  const uint64_t needed = tried > size_before_ ? kWorthOneMore : kAsGood;
  const bool better = rate * 100 >= needed * rate_before_;
  pause_ = better ? kPauseAfterGain : min_of(2 * pause_, kLongestPause);
  next_is_up_ = better == (tried > size_before_);
  settle_for(better ? tried : size_before_);
}

// idle: of all ethreads on duty, in per cent of one.
void Crew::consider(uint64_t rate, uint64_t idle) {
  const uint32_t size = usual_.load(std::memory_order_relaxed);
  const uint64_t busy = size * 100 > idle ? size * 100 - idle : 0;
  if (size > 1 && busy < kBusy * (size - 1)) return settle_for(size - 1);
  if (windows_to_wait_ > 0) {
    --windows_to_wait_;
    return;
  }
  const bool up = busy >= kBusy * size && size < most_;
  if (up && (next_is_up_ || size == 1)) return try_size(size + 1, rate);
  if (size > 1) try_size(size - 1, rate);
}

void Crew::try_size(uint32_t size, uint64_t rate) {
  size_before_ = usual_.load(std::memory_order_relaxed);
  rate_before_ = rate;
  phase_ = Phase::kSettling;
  usual_.store(size, std::memory_order_relaxed);
}

void Crew::settle_for(uint32_t size) {
  phase_ = Phase::kSteady;
  // What has just helped may help once more.
  const bool on_its_way = pause_ == kPauseAfterGain && next_is_up_ && size < most_;
  windows_to_wait_ = on_its_way ? kFirstPause : pause_;
  usual_.store(size, std::memory_order_relaxed);
}

}  // namespace scone::sched
