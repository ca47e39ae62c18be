// Interrupts: asynchronous exits with the runner's handler, and the way back.
//
// The signal stack is used only to take the interrupted state; then the handler continues on the host's stack, below the frame of
// soft_enter(), where an AEX puts RSP on a processor too. So the handler may enter again, and a further signal finds the signal stack free.
#include <signal.h>

#include <cerrno>
#include <cstring>
#include <new>

#include "host/device/soft/exceptions.h"
#include "host/device/soft/interrupted.h"
#include "host/device/soft/spin_cost.h"
#include "host/device/soft/ssa.h"

namespace scone::host::soft {

struct AsyncFrame {
  int signo;
  SoftTcs* tcs;
  siginfo_t info;
  ucontext_t context;  // as an AEX leaves it
};

namespace {

// Below the interrupted host stack pointer: the ABI's red zone, and what a site's call may have pushed.
constexpr uint64_t kHostRedZone = 256;

AsyncHandler handlers[NSIG];

// SDM vol. 3D, "Synthetic State on Asynchronous Enclave Exit".
void synthesize(ucontext_t& context, const ThreadState& thread) {
  auto& g = context.uc_mcontext.gregs;
  for (int index : {REG_RDX, REG_RSI, REG_RDI, REG_R8, REG_R9, REG_R10, REG_R11, REG_R12, REG_R13, REG_R14,
                    REG_R15, REG_RBP, REG_EFL, REG_CR2})
    g[index] = 0;
  g[REG_RAX] = sgx::kEresume;
  g[REG_RBX] = static_cast<greg_t>(thread.tcs->address);
  g[REG_RCX] = g[REG_RIP] = reinterpret_cast<greg_t>(soft_aep);
  g[REG_RSP] = static_cast<greg_t>(thread.exit_rsp);
  context.uc_mcontext.fpregs = nullptr;  // vector state is in its initial configuration
}

AsyncFrame* frame_on_host_stack(const ThreadState& thread) {
  uint64_t place = thread.exit_rsp - kHostRedZone - sizeof(AsyncFrame);
  return new (reinterpret_cast<void*>(place & ~uint64_t{63})) AsyncFrame;
}

}  // namespace

extern "C" AsyncFrame* soft_on_async(int signo, siginfo_t* info, ucontext_t* context, ThreadState* thread,
                                     SegmentBases* bases) {
  if (!classify(thread, *context).inside) {
    int saved_errno = errno;
    handlers[signo](signo, info, context);
    errno = saved_errno;
    return nullptr;
  }
  asynchronous_exit(*thread, *context, *bases, nullptr);
  AsyncFrame* frame = frame_on_host_stack(*thread);
  frame->signo = signo;
  frame->tcs = thread->tcs;
  frame->info = *info;
  frame->context = *context;
  synthesize(frame->context, *thread);
  return frame;
}

extern "C" void soft_run_async(AsyncFrame* frame) {
  ThreadState& thread = *soft_current;
  handlers[frame->signo](frame->signo, &frame->info, &frame->context);
  pthread_sigmask(SIG_SETMASK, &frame->context.uc_sigmask, nullptr);
  uint64_t begin = cycles();
  if (auto fault = prepare_resume(thread, *frame->tcs)) end_stay(thread, *fault);
  spin_until(begin + thread.enclave->cost);
  soft_resume(&thread);
}

Result<void> install_async_handler(int signo, AsyncHandler handler, int flags) {
  if (signo <= 0 || signo >= NSIG || signo == SIGSEGV || signo == SIGBUS || signo == SIGILL ||
      signo == SIGFPE || signo == SIGTRAP || signo == SIGSYS)
    return Errno(EINVAL);
  handlers[signo] = handler;
  struct sigaction action {};
  action.sa_sigaction = soft_async_entry;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK | flags;
  if (sigaction(signo, &action, nullptr) != 0) return Errno(errno);
  return ok();
}

}  // namespace scone::host::soft
