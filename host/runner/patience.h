// Whether to wait a moment for more to happen before the enclave is entered with little.
#pragma once

#include <cstdint>

namespace scone::host {

// With many peers in a conversation, more arrives within microseconds, and one crossing can carry it all; a single peer that waits for its
// answer sends nothing more. Which it is shows by trying now and then. Not thread safe: one per ethread.
class Patience {
 public:
  static constexpr uint64_t kNapNs = 20'000;  // about two crossings on silicon
  static constexpr uint64_t kPlenty = 8;      // arrivals with which entering is worth its price

  bool pays(uint64_t arrivals) {
    if (arrivals == 0 || arrivals >= kPlenty) return false;
    return score_ > 0 || ++skipped_ % kTryEvery == 0;
  }
  void learn(uint64_t gained) {
    if (gained >= kGain)
      score_ = kMostTrust;
    else if (score_ > 0)
      --score_;
  }

 private:
  static constexpr uint64_t kGain = 2;
  static constexpr int kMostTrust = 4;
  static constexpr uint64_t kTryEvery = 64;
  int score_ = 0;
  uint64_t skipped_ = 0;
};

}  // namespace scone::host
