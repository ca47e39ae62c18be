// prctl(2), arch_prctl(2) and the addresses that the kernel keeps for a thread.
#include <asm/prctl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "check.h"

CASE(names_are_cut) {
  char name[16] = "";
  CHECK_EQ(prctl(PR_SET_NAME, "a-very-long-name-indeed"), 0);
  CHECK_EQ(prctl(PR_GET_NAME, name), 0);
  CHECK_EQ(strcmp(name, "a-very-long-nam"), 0);
  CHECK_ERRNO(prctl(PR_SET_NAME, 8), EFAULT);
  CHECK_ERRNO(prctl(PR_GET_NAME, 8), EFAULT);
}

CASE(dumpable) {
  CHECK_EQ(prctl(PR_SET_DUMPABLE, 0), 0);
  CHECK_EQ(prctl(PR_GET_DUMPABLE), 0);
  CHECK_ERRNO(prctl(PR_SET_DUMPABLE, 2), EINVAL);
  CHECK_EQ(prctl(PR_SET_DUMPABLE, 1), 0);
}

CASE(death_signal) {
  int signal = -1;
  CHECK_ERRNO(prctl(PR_SET_PDEATHSIG, 99), EINVAL);
  CHECK_EQ(prctl(PR_SET_PDEATHSIG, SIGTERM), 0);
  CHECK_EQ(prctl(PR_GET_PDEATHSIG, &signal), 0);
  CHECK_EQ(signal, SIGTERM);
  CHECK_EQ(prctl(PR_SET_PDEATHSIG, 0), 0);
}

CASE(keep_capabilities) {
  CHECK_EQ(prctl(PR_GET_KEEPCAPS), 0);
  CHECK_EQ(prctl(PR_SET_KEEPCAPS, 1), 0);
  CHECK_EQ(prctl(PR_GET_KEEPCAPS), 1);
  CHECK_EQ(prctl(PR_SET_KEEPCAPS, 0), 0);
  CHECK_ERRNO(prctl(PR_SET_KEEPCAPS, 2), EINVAL);
}

CASE(timer_slack) {
  CHECK_EQ(prctl(PR_SET_TIMERSLACK, 1234), 0);
  CHECK_EQ(prctl(PR_GET_TIMERSLACK), 1234);
  CHECK_EQ(prctl(PR_SET_TIMERSLACK, 0), 0);
  CHECK_EQ(prctl(PR_GET_TIMERSLACK), 50000);
}

CASE(ambient_capabilities) {
  CHECK_EQ(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, 1, 0, 0), 0);
  CHECK_ERRNO(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, 1, 0, 0), EPERM);
  CHECK_ERRNO(prctl(PR_CAP_AMBIENT, 77, 1, 0, 0), EINVAL);
}

CASE(refused_options) {
  CHECK_ERRNO(prctl(12345), EINVAL);
  CHECK_ERRNO(prctl(PR_SET_NO_NEW_PRIVS, 2, 0, 0, 0), EINVAL);
}

CASE(thread_pointer) {
  unsigned long base = 0;
  CHECK_EQ(syscall(SYS_arch_prctl, ARCH_GET_FS, &base), 0);
  CHECK_EQ(base, reinterpret_cast<unsigned long>(__builtin_thread_pointer()));
  CHECK_EQ(syscall(SYS_arch_prctl, ARCH_SET_FS, base), 0);
  CHECK_ERRNO(syscall(SYS_arch_prctl, ARCH_SET_FS, 1ul << 63), EPERM);
  CHECK_ERRNO(syscall(SYS_arch_prctl, ARCH_SET_FS, 0x7ffffffff000ul), EPERM);
  CHECK_ERRNO(syscall(SYS_arch_prctl, ARCH_GET_FS, 8), EFAULT);
  CHECK_ERRNO(syscall(SYS_arch_prctl, 0x9999, 0), EINVAL);
}

CASE(kept_addresses) {
  int word = 0;
  unsigned long head[3];
  size_t size = 0;
  void* found = nullptr;
  CHECK_ERRNO(syscall(SYS_set_robust_list, head, 23), EINVAL);
  CHECK_EQ(syscall(SYS_get_robust_list, 0, &found, &size), 0);
  CHECK_EQ(size, 24);
  CHECK_ERRNO(syscall(SYS_get_robust_list, 999999, &found, &size), ESRCH);
  CHECK_EQ(syscall(SYS_set_tid_address, &word), gettid());
}
