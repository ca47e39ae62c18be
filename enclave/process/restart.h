// What becomes of a system call that a signal interrupted. Kernel-internal error numbers, as in Linux'
// include/linux/errno.h; a program never sees them: process/signal delivery turns them into EINTR or a restart.
#pragma once

#include <linux/errno.h>

namespace scone::process {

inline constexpr int kRestartSys = 512;     // restart if the handler has SA_RESTART, otherwise EINTR
inline constexpr int kRestartNoIntr = 513;  // always restart
inline constexpr int kRestartNoHand = 514;  // restart only if no handler runs, otherwise EINTR
inline constexpr int kRestartBlock =
    516;  // as kRestartNoHand, but through restart_syscall(2) with the remaining time

constexpr bool is_restart(int code) { return code >= kRestartSys && code <= kRestartBlock; }

}  // namespace scone::process
