#include "host/runner/pinning.h"

#include <algorithm>

namespace scone::host {

Pinning::Pinning(std::vector<int> cores)
    : cores_(std::move(cores)), is_used_(std::ranges::any_of(cores_, [](int core) { return core >= 0; })) {
  if (is_used_) is_used_ = sched_getaffinity(0, sizeof all_, &all_) == 0;
}

void Pinning::pin_ethread(unsigned number) const {
  if (number >= cores_.size() || cores_[number] < 0) return unpin();
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(static_cast<size_t>(cores_[number]), &one);
  sched_setaffinity(0, sizeof one, &one);
}

void Pinning::unpin() const {
  if (is_used_) sched_setaffinity(0, sizeof all_, &all_);
}

}  // namespace scone::host
