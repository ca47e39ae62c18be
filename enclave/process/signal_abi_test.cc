// Our numbers and layouts against the system's headers.
#include <gtest/gtest.h>
#include <signal.h>
#include <ucontext.h>

#include <cstddef>

#include "enclave/process/action.h"
#include "enclave/process/alternate_stack.h"
#include "enclave/process/signal_frame.h"
#include "enclave/process/signal_info.h"
#include "enclave/process/signal_set.h"

namespace scone::process {
namespace {

TEST(SignalAbi, Numbers) {
  const int ours[] = {kSigHup,  kSigInt,    kSigQuit, kSigIll,   kSigTrap, kSigAbrt, kSigBus,  kSigFpe,
                      kSigKill, kSigUsr1,   kSigSegv, kSigUsr2,  kSigPipe, kSigAlrm, kSigTerm, kSigStkflt,
                      kSigChld, kSigCont,   kSigStop, kSigTstp,  kSigTtin, kSigTtou, kSigUrg,  kSigXcpu,
                      kSigXfsz, kSigVtalrm, kSigProf, kSigWinch, kSigIo,   kSigPwr,  kSigSys};
  const int theirs[] = {SIGHUP,  SIGINT,    SIGQUIT, SIGILL,   SIGTRAP, SIGABRT, SIGBUS,  SIGFPE,
                        SIGKILL, SIGUSR1,   SIGSEGV, SIGUSR2,  SIGPIPE, SIGALRM, SIGTERM, SIGSTKFLT,
                        SIGCHLD, SIGCONT,   SIGSTOP, SIGTSTP,  SIGTTIN, SIGTTOU, SIGURG,  SIGXCPU,
                        SIGXFSZ, SIGVTALRM, SIGPROF, SIGWINCH, SIGIO,   SIGPWR,  SIGSYS};
  static_assert(sizeof ours == sizeof theirs);
  for (size_t i = 0; i < std::size(ours); ++i) EXPECT_EQ(ours[i], theirs[i]) << i;
  EXPECT_EQ(kSigMax, SIGRTMAX);
}

TEST(SignalAbi, Flags) {
  EXPECT_EQ(kActionNoChildStop, uint64_t{SA_NOCLDSTOP});
  EXPECT_EQ(kActionNoChildWait, uint64_t{SA_NOCLDWAIT});
  EXPECT_EQ(kActionInfo, uint64_t{SA_SIGINFO});
  EXPECT_EQ(kActionOnStack, uint64_t{SA_ONSTACK});
  EXPECT_EQ(kActionRestart, uint64_t{SA_RESTART});
  EXPECT_EQ(kActionNoDefer, uint64_t{SA_NODEFER});
  EXPECT_EQ(kActionResetHand, static_cast<uint64_t>(static_cast<uint32_t>(SA_RESETHAND)));
  EXPECT_EQ(kStackOnStack, SS_ONSTACK);
  EXPECT_EQ(kStackDisable, SS_DISABLE);
  EXPECT_EQ(static_cast<uint32_t>(kStackAutoDisarm), 1u << 31);
}

TEST(SignalAbi, SignalInfo) {
  siginfo_t theirs{};
  auto* base = reinterpret_cast<char*>(&theirs);
  auto offset = [&](auto& member) { return static_cast<size_t>(reinterpret_cast<char*>(&member) - base); };
  EXPECT_EQ(sizeof(Info), sizeof theirs);
  EXPECT_EQ(offsetof(Info, error), offset(theirs.si_errno));
  EXPECT_EQ(offsetof(Info, code), offset(theirs.si_code));
  EXPECT_EQ(offsetof(Info, sender.pid), offset(theirs.si_pid));
  EXPECT_EQ(offsetof(Info, sender.uid), offset(theirs.si_uid));
  EXPECT_EQ(offsetof(Info, sender.value), offset(theirs.si_value));
  EXPECT_EQ(offsetof(Info, timer.id), offset(theirs.si_timerid));
  EXPECT_EQ(offsetof(Info, timer.overrun), offset(theirs.si_overrun));
  EXPECT_EQ(offsetof(Info, timer.value), offset(theirs.si_value));
  EXPECT_EQ(offsetof(Info, child.status), offset(theirs.si_status));
  EXPECT_EQ(offsetof(Info, child.user_time), offset(theirs.si_utime));
  EXPECT_EQ(offsetof(Info, child.system_time), offset(theirs.si_stime));
  EXPECT_EQ(offsetof(Info, fault.address), offset(theirs.si_addr));
  EXPECT_EQ(offsetof(Info, poll.band), offset(theirs.si_band));
  EXPECT_EQ(offsetof(Info, poll.fd), offset(theirs.si_fd));
  EXPECT_EQ(offsetof(Info, call.call_address), offset(theirs.si_call_addr));
  EXPECT_EQ(offsetof(Info, call.call_number), offset(theirs.si_syscall));
}

TEST(SignalAbi, Context) {
  EXPECT_EQ(sizeof(SignalStack), sizeof(stack_t));
  EXPECT_EQ(offsetof(SignalStack, size), offsetof(stack_t, ss_size));
  EXPECT_EQ(offsetof(UserContext, stack), offsetof(ucontext_t, uc_stack));
  EXPECT_EQ(offsetof(UserContext, registers), offsetof(ucontext_t, uc_mcontext));
  EXPECT_EQ(offsetof(UserContext, mask), offsetof(ucontext_t, uc_sigmask));
  EXPECT_EQ(offsetof(UserContext, registers.fpstate), offsetof(ucontext_t, uc_mcontext.fpregs));
  EXPECT_EQ(offsetof(UserContext, registers.rip),
            offsetof(ucontext_t, uc_mcontext.gregs) + REG_RIP * sizeof(greg_t));
  EXPECT_EQ(offsetof(UserContext, registers.cr2),
            offsetof(ucontext_t, uc_mcontext.gregs) + REG_CR2 * sizeof(greg_t));
}

}  // namespace
}  // namespace scone::process
