// What a program sees of a system call that a signal interrupted (signal(7), "Interruption of system calls").
#pragma once

#include <cstdint>

#include "enclave/process/restart.h"

namespace scone::process {

enum class RestartDecision : uint8_t {
  kInterrupted,  // the call returns EINTR
  kAgain,        // the call is executed again
  kContinue,     // restart_syscall(2) is executed in its place
};

// code: a kRestart… number; handler_runs: a handler is about to run, with or without SA_RESTART.
constexpr RestartDecision decide_restart(int code, bool handler_runs, bool sa_restart) {
  if (code == kRestartNoIntr) return RestartDecision::kAgain;
  if (handler_runs)
    return code == kRestartSys && sa_restart ? RestartDecision::kAgain : RestartDecision::kInterrupted;
  return code == kRestartBlock ? RestartDecision::kContinue : RestartDecision::kAgain;
}

}  // namespace scone::process
