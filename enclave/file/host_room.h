// Is there room on the host for what is written now and handed over later?
#pragma once

#include <atomic>
#include <cstdint>

namespace scone::file {

// Of one file system, or one region. What is promised here is taken from what the host said was free a moment ago, half of it at most; where that is not
// ample, nothing is promised, and a write goes to the host at once, whose ENOSPC is then its own. The host may lie: it can refuse
// storage at any time anyway.
class HostRoom {
 public:
  // ask() -> Result<S>, with S as volume::Storage::Space. `in_flight`: what may be promised already and not be written yet.
  template <typename Ask>
  bool take(uint64_t bytes, uint64_t now_ns, uint64_t in_flight, Ask ask) {
    const bool known = now_ns - asked_at_.load(std::memory_order_relaxed) < kBelieved;
    if (known && take_from_left(bytes)) return true;
    const auto space = ask();
    left_.store(space.ok() ? usable(space.value(), in_flight) : 0, std::memory_order_relaxed);
    asked_at_.store(now_ns, std::memory_order_relaxed);
    return take_from_left(bytes);
  }

  // It is another file system from now on.
  void forget() { left_.store(0, std::memory_order_relaxed); }

 private:
  static constexpr uint64_t kBelieved = 200'000'000;  // ns
  static constexpr uint64_t kAmple = uint64_t{64} << 20;
  static constexpr uint64_t kAmpleFiles = 1024;

  static int64_t usable(const auto& space, uint64_t in_flight) {
    // File systems that make inodes as they need them say 0 of 0.
    if (space.total_files > 0 && space.free_files < kAmpleFiles) return 0;
    const uint64_t kept = kAmple + 2 * in_flight;
    const uint64_t half = space.free_bytes > kept ? (space.free_bytes - kept) / 2 : 0;
    return static_cast<int64_t>(half < INT64_MAX ? half : INT64_MAX);
  }
  bool take_from_left(uint64_t bytes) {
    const auto wanted = static_cast<int64_t>(bytes);
    if (left_.load(std::memory_order_relaxed) < wanted) return false;
    return left_.fetch_sub(wanted, std::memory_order_relaxed) >= wanted;
  }

  std::atomic<int64_t> left_{0};
  std::atomic<uint64_t> asked_at_{0};
};

}  // namespace scone::file
