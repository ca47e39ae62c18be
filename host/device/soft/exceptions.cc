#include "host/device/soft/exceptions.h"

#include <sys/ucontext.h>

#include <cerrno>
#include <mutex>
#include <optional>

#include "host/device/soft/enclave_memory.h"
#include "host/device/soft/forbidden.h"
#include "host/device/soft/interrupted.h"
#include "host/device/soft/leaves.h"
#include "host/device/soft/page_leaves.h"
#include "host/device/soft/ssa.h"

namespace scone::host::soft {
namespace {

constexpr int kFaultSignals[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGSYS};
constexpr uint8_t kEnclu[] = {0x0f, 0x01, 0xd7};
constexpr uint64_t kSyscallSize = 2;  // of SYSCALL and INT 0x80
constexpr uint64_t kInt3Size = 1;

struct sigaction previous_action[NSIG];

uint64_t reg(const ucontext_t& context, int index) {
  return static_cast<uint64_t>(context.uc_mcontext.gregs[index]);
}
void set_reg(ucontext_t& context, int index, uint64_t value) {
  context.uc_mcontext.gregs[index] = static_cast<greg_t>(value);
}

uint64_t code_segment() {
  uint16_t cs;
  // SAFETY: reads a segment selector.
  asm("movw %%cs, %0" : "=r"(cs));
  return cs;
}

// The kernel's and the processor's doing, not kill(2)'s.
bool is_fault(const siginfo_t& info) { return info.si_code > 0; }

Access access_of(uint64_t error) {
  if (error & sgx::kPfInstruction) return Access::kExecute;
  return error & sgx::kPfWrite ? Access::kWrite : Access::kRead;
}

// Model code that touches enclave memory misses in the page table, or is refused.
bool handle_model_fault(ThreadState& thread, int signo, ucontext_t& context) {
  uint64_t rip = reg(context, REG_RIP);
  auto within = [&](const char* begin, const char* end) {
    return rip >= reinterpret_cast<uint64_t>(begin) && rip < reinterpret_cast<uint64_t>(end);
  };
  if (!within(soft_text_begin, soft_text_end) || (signo != SIGSEGV && signo != SIGBUS)) return false;
  uint64_t address = reg(context, REG_CR2);
  SoftEnclave* enclave = thread.enclave;
  if (enclave && reg(context, REG_TRAPNO) == sgx::kVectorPf && enclave->contains(address) &&
      enclave->pages.fill(address, access_of(reg(context, REG_ERR))))
    return true;
  if (!within(soft_copy_begin, soft_copy_end)) return false;
  set_reg(context, REG_RIP, reinterpret_cast<uint64_t>(soft_copy_refused));
  return true;
}

// A #PF inside. nullopt if the access was legal and has been made possible.
std::optional<Fault> page_fault_inside(SoftEnclave& enclave, const ucontext_t& context) {
  uint64_t address = reg(context, REG_CR2), error = reg(context, REG_ERR);
  auto code = static_cast<uint32_t>(error & (sgx::kPfWrite | sgx::kPfUser | sgx::kPfInstruction));
  if (!enclave.contains(address))
    return Fault{sgx::kVectorPf, static_cast<uint32_t>(error) & 0x7fff, address};
  if (enclave.pages.fill(address, access_of(error))) return std::nullopt;
  std::lock_guard guard(enclave.epcm.lock());
  uint64_t page = enclave.page_of(address);
  if (!enclave.epcm.get(page).valid() && !augment(enclave, page)) return Fault{sgx::kVectorPf, code, address};
  return page_fault(address, code);
}

std::optional<Fault> fault_inside(SoftEnclave& enclave, int signo, const ucontext_t& context) {
  auto vector = static_cast<uint8_t>(reg(context, REG_TRAPNO));
  switch (signo) {
    case SIGILL:
    case SIGSYS:
      return Fault{sgx::kVectorUd};
    case SIGFPE:
      return Fault{vector};
    case SIGTRAP:
      // INT3 is a fault of class #UD in an enclave that was not entered for debugging ("Behavior of INT3 Inside an Enclave").
      if (vector == sgx::kVectorBp) return Fault{sgx::kVectorUd};
      return Fault{vector};
    default:
      break;
  }
  if (vector == sgx::kVectorPf) return page_fault_inside(enclave, context);
  if (vector == sgx::kVectorGp && undefined_inside(reg(context, REG_RIP))) return Fault{sgx::kVectorUd};
  if (vector == sgx::kVectorGp) return Fault{vector, static_cast<uint32_t>(reg(context, REG_ERR))};
  return Fault{vector};  // #AC, #SS, #NP, …
}

sgx::GprSgx leaf_registers(const ucontext_t& context) {
  sgx::GprSgx r{};
  r.rax = reg(context, REG_RAX), r.rbx = reg(context, REG_RBX), r.rcx = reg(context, REG_RCX);
  r.rdx = reg(context, REG_RDX), r.r8 = reg(context, REG_R8), r.rflags = reg(context, REG_EFL);
  return r;
}

void emulated_exit(ThreadState& thread, ucontext_t& context, SegmentBases& bases) {
  set_reg(context, REG_RIP, reg(context, REG_RBX));
  set_reg(context, REG_RCX, reinterpret_cast<uint64_t>(soft_aep));
  bases = {thread.host_fs, thread.host_gs};
  release_tcs(thread);
}

// An ENCLU that trapped. Returns the exception it raises, or nullopt when `context` continues after it.
std::optional<Fault> emulate_enclu(ThreadState& thread, ucontext_t& context, SegmentBases& bases,
                                   bool at_gate) {
  if (static_cast<uint32_t>(reg(context, REG_RAX)) == sgx::kEexit) {
    emulated_exit(thread, context, bases);
    return std::nullopt;
  }
  sgx::GprSgx r = leaf_registers(context);
  if (auto fault = execute_leaf(*thread.enclave, r, 1)) return fault;
  set_reg(context, REG_RAX, r.rax), set_reg(context, REG_RCX, r.rcx), set_reg(context, REG_RDX, r.rdx);
  set_reg(context, REG_R8, r.r8), set_reg(context, REG_EFL, r.rflags);
  constexpr uint64_t kPatchedSite = 8;
  set_reg(context, REG_RIP, reg(context, REG_RIP) + (at_gate ? kPatchedSite : sizeof kEnclu));
  return std::nullopt;
}

// Whether the exception is that of an ENCLU: #UD, or on a processor that knows it #GP or #PF, as outside of an enclave.
bool is_enclu(int signo, const ucontext_t& context, bool at_gate) {
  if (signo != SIGILL && signo != SIGSEGV) return false;
  bool in_fetch = reg(context, REG_TRAPNO) == sgx::kVectorPf && (reg(context, REG_ERR) & sgx::kPfInstruction);
  return !in_fetch && (at_gate || instruction_is(reg(context, REG_RIP), kEnclu, sizeof kEnclu));
}

void on_fault_inside(ThreadState& thread, int signo, siginfo_t& info, ucontext_t& context,
                     SegmentBases& bases, bool at_gate) {
  // The kernel has been kept out by syscall user dispatch, but counts the instruction as executed. (RCX and R11 are lost.)
  if (signo == SIGSYS)
    set_reg(context, REG_RIP, reinterpret_cast<uint64_t>(info.si_call_addr) - kSyscallSize);
  if (signo == SIGTRAP && reg(context, REG_TRAPNO) == sgx::kVectorBp)
    set_reg(context, REG_RIP, reg(context, REG_RIP) - kInt3Size);
  std::optional<Fault> fault = is_enclu(signo, context, at_gate)
                                   ? emulate_enclu(thread, context, bases, at_gate)
                                   : fault_inside(*thread.enclave, signo, context);
  if (!fault) return;
  asynchronous_exit(thread, context, bases, &*fault);
  end_stay(thread, *fault);
}

// The enclave executed SYSENTER, or went to a 32-bit segment otherwise, which is undefined in an enclave. The kernel takes the former for
// a system call of a 32-bit program: depending on the stack it finds, it is dispatched or returns to nowhere. RIP is lost.
bool left_64_bit_mode(ThreadState* thread, const ucontext_t& context) {
  return thread && thread->tcs && (reg(context, REG_CSGSFS) & 0xffff) != code_segment();
}

void on_fault_in_32_bit_mode(ThreadState& thread, ucontext_t& context, const SegmentBases& bases) {
  constexpr Fault kUndefined{sgx::kVectorUd};
  set_reg(context, REG_RIP, 0);
  asynchronous_exit(thread, context, bases, &kUndefined);
  end_stay(thread, kUndefined);
}

// Not ours: the process's previous handler, or the default action, which for a fault is to fault again and die.
void pass_on(int signo, siginfo_t* info, ucontext_t* context) {
  const struct sigaction& previous = previous_action[signo];
  if (previous.sa_flags & SA_SIGINFO) return previous.sa_sigaction(signo, info, context);
  if (previous.sa_handler == SIG_IGN && !is_fault(*info)) return;
  if (previous.sa_handler != SIG_DFL && previous.sa_handler != SIG_IGN) return previous.sa_handler(signo);
  struct sigaction fallback {};
  fallback.sa_handler = SIG_DFL;
  sigaction(signo, &fallback, nullptr);
  if (!is_fault(*info)) raise(signo);
}

}  // namespace

void report_exception(EnclaveRun& run, uint32_t function, const Fault& fault) {
  run.function = function;
  run.exception_vector = fault.vector;
  run.exception_error_code = static_cast<uint16_t>(fault.error_code);
  // An AEX clears the low bits of CR2.
  run.exception_addr = fault.address & ~(sgx::kPageSize - 1);
}

void end_stay(ThreadState& thread, const Fault& fault) {
  report_exception(*thread.run, sgx::kEresume, fault);
  soft_leave(&thread, sgx::kEresume);
}

extern "C" void soft_on_fault(int signo, siginfo_t* info, ucontext_t* context, ThreadState* thread,
                              SegmentBases* bases) {
  if (is_fault(*info)) {
    if (left_64_bit_mode(thread, *context)) on_fault_in_32_bit_mode(*thread, *context, *bases);
    if (thread && handle_model_fault(*thread, signo, *context)) return;
    Interruption where = classify(thread, *context);
    if (where.inside) return on_fault_inside(*thread, signo, *info, *context, *bases, where.at_gate);
    if (signo == SIGSEGV && emulate_host_cpuid(*context)) return;
    if (signo == SIGSYS && make_host_call(*info, *context)) return;
  }
  pass_on(signo, info, context);
}

Result<void> install_fault_handlers() {
  static std::once_flag once;
  std::call_once(once, [] {
    for (int signo : kFaultSignals) {
      struct sigaction action {};
      action.sa_sigaction = soft_fault_entry;
      // Handlers may be left without sigreturn, so they must not change the mask.
      action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER;
      sigaction(signo, &action, &previous_action[signo]);
    }
  });
  return ok();
}

}  // namespace scone::host::soft
