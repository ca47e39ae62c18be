// A device that fails on purpose, for tests: it wraps another and refuses, interrupts or forgets.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

#include "host/device/enclave_device.h"

namespace scone::host::fault {

enum class Step { kCreate, kAddPages, kInitialize, kRestrict, kModify, kRemove, kAttach, kEnter };
inline constexpr size_t kSteps = 8;

// What shall go wrong. May be changed at any time, by any thread.
class FaultPlan {
 public:
  // Refuses calls of `step` from the `after`-th (counted from 0) on, `times` times, with this errno.
  void refuse(Step step, int error, uint64_t after = 0, uint64_t times = UINT64_MAX);
  // As after a suspend: all enclave memory is gone. Entering raises #PF at the TCS, ioctls answer EFAULT.
  void lose_memory() { memory_lost_ = true; }

  // For the device. The errno to refuse with, or 0; counts the call.
  int verdict(Step step);
  bool memory_lost() const { return memory_lost_; }

 private:
  struct Rule {
    std::atomic<uint64_t> calls{0}, after{UINT64_MAX}, times{0};
    std::atomic<int> error{0};
  };
  Rule rules_[kSteps];
  std::atomic<bool> memory_lost_{false};
};

struct FaultOptions {
  // Every attached thread is interrupted this often, wherever it is; 0: not at all.
  uint64_t storm_interval_ns = 0;
  int storm_signal = 0;  // precondition with a storm: a signal nobody else uses
};

// `plan` outlives the device.
std::unique_ptr<EnclaveDevice> make_fault_device(std::unique_ptr<EnclaveDevice> inner, FaultPlan& plan,
                                                 FaultOptions options = {});

}  // namespace scone::host::fault
