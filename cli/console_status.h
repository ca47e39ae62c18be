// How `scone console` ends.
#pragma once

#include <sys/wait.h>

#include <cstdint>

namespace scone::cli {

// The host has tampered with the console, or has cut it off (EX_PROTOCOL of sysexits.h).
inline constexpr int kTampered = 76;

// A shell's exit status for a wait(2) status.
inline int exit_status_of(uint32_t wait_status) {
  const int status = static_cast<int>(wait_status);
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

}  // namespace scone::cli
