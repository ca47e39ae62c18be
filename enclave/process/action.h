// What the process does with each signal: sigaction(2).
#pragma once

#include <array>
#include <cstdint>

#include "enclave/process/signal_set.h"

namespace scone::process {

inline constexpr uint64_t kHandlerDefault = 0;  // SIG_DFL
inline constexpr uint64_t kHandlerIgnore = 1;   // SIG_IGN

inline constexpr uint64_t kActionNoChildStop = 0x1;
inline constexpr uint64_t kActionNoChildWait = 0x2;
inline constexpr uint64_t kActionInfo = 0x4;  // SA_SIGINFO
inline constexpr uint64_t kActionRestorer = 0x04000000;
inline constexpr uint64_t kActionOnStack = 0x08000000;
inline constexpr uint64_t kActionRestart = 0x10000000;
inline constexpr uint64_t kActionNoDefer = 0x40000000;
inline constexpr uint64_t kActionResetHand = 0x80000000;
// Others read back as zero, which is how programs find out what is supported (sigaction(2), SA_UNSUPPORTED).
inline constexpr uint64_t kActionFlags = kActionNoChildStop | kActionNoChildWait | kActionInfo |
                                         kActionRestorer | kActionOnStack | kActionRestart | kActionNoDefer |
                                         kActionResetHand;

// The kernel's struct sigaction, as rt_sigaction(2) takes it.
struct Action {
  uint64_t handler = kHandlerDefault;
  uint64_t flags = 0;
  uint64_t restorer = 0;
  SignalSet mask = 0;
};
static_assert(sizeof(Action) == 32);

enum class Disposition : uint8_t { kHandler, kIgnore, kTerminate, kStop };

constexpr Disposition disposition(const Action& action, int signal) {
  if (action.handler == kHandlerIgnore) return Disposition::kIgnore;
  if (action.handler != kHandlerDefault) return Disposition::kHandler;
  if (kIgnoredByDefault & set_of(signal)) return Disposition::kIgnore;
  return kStopping & set_of(signal) ? Disposition::kStop : Disposition::kTerminate;
}

// The actions of all signals. Not thread safe: guarded by the signal lock.
class ActionTable {
 public:
  // Precondition of all: is_signal(signal).
  const Action& operator[](int signal) const { return actions_[signal - 1]; }
  void set(int signal, Action action) {
    action.flags &= kActionFlags;
    action.mask &= ~kUnblockable;
    actions_[signal - 1] = action;
  }
  void reset(int signal) { actions_[signal - 1].handler = kHandlerDefault; }
  Disposition disposition_of(int signal) const { return disposition((*this)[signal], signal); }

 private:
  std::array<Action, kSigMax> actions_{};
};

}  // namespace scone::process
