// What a handler is shown of the interrupted code, and what becomes of what it changes.
#include <immintrin.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <ucontext.h>

#include "check.h"

namespace {

volatile sig_atomic_t handled;

void on_signal(int signal, void (*handler)(int, siginfo_t*, void*), int flags = 0) {
  struct sigaction action = {};
  action.sa_sigaction = handler;
  action.sa_flags = SA_SIGINFO | flags;
  sigaction(signal, &action, nullptr);
}

mcontext_t& registers_of(void* context) { return static_cast<ucontext_t*>(context)->uc_mcontext; }

// SIGALRM every so often, until the end of the scope.
struct Hammer {
  explicit Hammer(int us) {
    handled = 0;
    itimerval value = {{0, us}, {0, us}};
    setitimer(ITIMER_REAL, &value, nullptr);
  }
  ~Hammer() {
    itimerval off = {};
    setitimer(ITIMER_REAL, &off, nullptr);
  }
};

// Ruins every register that the handler may use.
void count_and_ruin(int, siginfo_t*, void*) {
  handled = handled + 1;
  // SAFETY: nothing but the listed registers changes.
  asm volatile(
      "pxor %%xmm0, %%xmm0\n\tpxor %%xmm7, %%xmm7\n\tpxor %%xmm15, %%xmm15\n\t"
      "std\n\tcld\n\txorl %%eax, %%eax\n\tfninit"
      :
      :
      : "xmm0", "xmm7", "xmm15", "rax", "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11", "cc");
}

}  // namespace

CASE(all_registers_survive_signals_at_any_instruction) {
  on_signal(SIGALRM, count_and_ruin);
  Hammer hammer(1000);
  uint64_t bad = 0;
  while (handled < 100 && bad == 0) {
    // SAFETY: a loop over values that are derived from one another; the red zone is skipped, rsp unchanged.
    asm volatile(
        "leaq -128(%%rsp), %%rsp\n\t"
        "movq $0x1111, %%rbx\n\tmovq $0x2222, %%rsi\n\tmovq $0x3333, %%rdi\n\tmovq $0x8888, %%r8\n\t"
        "movq $0x9999, %%r9\n\tmovq $0xaaaa, %%r10\n\tmovq $0xbbbb, %%r11\n\tmovq $0xcccc, %%r12\n\t"
        "movq $0xdddd, %%r13\n\tmovq $0xeeee, %%r14\n\tmovq $0xffff, %%r15\n\tmovq %%r15, -64(%%rsp)\n\t"
        "movq %%rbx, %%xmm7\n\tmovq %%r12, %%xmm15\n\t"
        "movl $2000000, %%ecx\n"
        "1:\n\t"
        "stc\n\tnop\n\tnop\n\tnop\n\tjnc 2f\n\t"
        "subl $1, %%ecx\n\tjnz 1b\n"
        "2:\n\t"
        "movq %%xmm7, %%rax\n\tsubq %%rbx, %%rax\n\tmovq %%rax, %%rdx\n\t"
        "movq %%xmm15, %%rax\n\tsubq %%r12, %%rax\n\torq %%rax, %%rdx\n\t"
        "movq -64(%%rsp), %%rax\n\tsubq $0xffff, %%rax\n\torq %%rax, %%rdx\n\torq %%rcx, %%rdx\n\t"
        "subq $0x1111, %%rbx\n\torq %%rbx, %%rdx\n\tsubq $0x2222, %%rsi\n\torq %%rsi, %%rdx\n\t"
        "subq $0x3333, %%rdi\n\torq %%rdi, %%rdx\n\tsubq $0x8888, %%r8\n\torq %%r8, %%rdx\n\t"
        "subq $0x9999, %%r9\n\torq %%r9, %%rdx\n\tsubq $0xaaaa, %%r10\n\torq %%r10, %%rdx\n\t"
        "subq $0xbbbb, %%r11\n\torq %%r11, %%rdx\n\tsubq $0xcccc, %%r12\n\torq %%r12, %%rdx\n\t"
        "subq $0xdddd, %%r13\n\torq %%r13, %%rdx\n\tsubq $0xeeee, %%r14\n\torq %%r14, %%rdx\n\t"
        "subq $0xffff, %%r15\n\torq %%r15, %%rdx\n\t"
        "leaq 128(%%rsp), %%rsp"
        : "=d"(bad)
        :
        : "rax", "rbx", "rcx", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15", "xmm7", "xmm15",
          "memory", "cc");
  }
  CHECK_EQ(bad, 0);
}

namespace {

__attribute__((target("avx2"))) uint64_t spin_avx2() {
  __m256i value = _mm256_set1_epi64x(0x0123456789abcdef);
  for (int i = 0; i < 1000000; i++) asm volatile("" : "+x"(value));
  uint64_t words[4];
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(words), value);
  return words[0] & words[1] & words[2] & words[3];
}

__attribute__((target("avx512f"))) uint64_t spin_avx512() {
  __m512i value = _mm512_set1_epi64(0x0123456789abcdef);
  for (int i = 0; i < 1000000; i++) asm volatile("" : "+v"(value));
  uint64_t words[8];
  _mm512_storeu_si512(words, value);
  return words[0] & words[3] & words[4] & words[7];
}

}  // namespace

CASE(wide_vectors_survive_signals) {
  on_signal(SIGALRM, [](int, siginfo_t*, void*) {
    handled = handled + 1;
    if (__builtin_cpu_supports("avx")) asm volatile("vzeroall" : : : "memory");
  });
  Hammer hammer(1000);
  while (handled < 50) {
    if (__builtin_cpu_supports("avx2")) CHECK_EQ(spin_avx2(), 0x0123456789abcdef);
    if (__builtin_cpu_supports("avx512f")) CHECK_EQ(spin_avx512(), 0x0123456789abcdef);
  }
}

CASE(a_handler_starts_with_initial_vector_state) {
  static uint32_t mxcsr;
  static uint16_t control;
  static uint64_t low;
  on_signal(SIGUSR1, [](int, siginfo_t*, void*) {
    // SAFETY: stores only.
    asm volatile("movq %%xmm3, %2\n\tstmxcsr %0\n\tfnstcw %1" : "=m"(mxcsr), "=m"(control), "=m"(low));
  });
  const uint32_t other = 0x9fc0, usual = 0x1f80;
  long pid = getpid();
  long result;
  // SAFETY: MXCSR and xmm3 are set before, and restored after the call.
  asm volatile("ldmxcsr %2\n\tmovq %%rdi, %%xmm3\n\tsyscall\n\tldmxcsr %3"
               : "=a"(result)
               : "0"(static_cast<long>(SYS_kill)), "m"(other), "m"(usual), "D"(pid), "S"(SIGUSR1)
               : "rcx", "r11", "xmm3", "memory");
  CHECK_EQ(result, 0);
  CHECK_EQ(mxcsr, 0x1f80);
  CHECK_EQ(control, 0x37f);
  CHECK_EQ(low, 0);
}

CASE(changed_registers_take_effect) {
  on_signal(SIGTRAP, [](int, siginfo_t*, void* context) {
    mcontext_t& registers = registers_of(context);
    registers.gregs[REG_RBX] = 77;
    registers.gregs[REG_RIP] += 2;  // over the ud2
    registers.fpregs->_xmm[3].element[0] = 88;
    registers.fpregs->mxcsr = 0x9fc0;
  });
  uint64_t rbx = 0, xmm3 = 0;
  uint32_t mxcsr = 0, usual = 0x1f80;
  // SAFETY: the handler skips the ud2.
  asm volatile("pxor %%xmm3, %%xmm3\n\tint3\n\tud2\n\tmovq %%xmm3, %1\n\tstmxcsr %2\n\tldmxcsr %3"
               : "=b"(rbx), "=r"(xmm3), "=m"(mxcsr)
               : "m"(usual)
               : "xmm3", "memory");
  CHECK_EQ(rbx, 77);
  CHECK_EQ(xmm3, 88);
  CHECK_EQ(mxcsr, 0x9fc0);
}

CASE(a_frame_without_vector_state_gives_the_initial_one) {
  on_signal(SIGTRAP, [](int, siginfo_t*, void* context) { registers_of(context).fpregs = nullptr; });
  uint64_t xmm3 = 0;
  // SAFETY: int3 is handled.
  asm volatile("pcmpeqd %%xmm3, %%xmm3\n\tint3\n\tmovq %%xmm3, %0" : "=r"(xmm3) : : "xmm3", "memory");
  CHECK_EQ(xmm3, 0);
}

CASE(a_frame_without_its_magic_number_keeps_the_legacy_part) {
  on_signal(SIGTRAP, [](int, siginfo_t*, void* context) {
    memset(reinterpret_cast<char*>(registers_of(context).fpregs) + 464, 0, 48);
  });
  uint64_t xmm3 = 0;
  // SAFETY: int3 is handled.
  asm volatile("pcmpeqd %%xmm3, %%xmm3\n\tint3\n\tmovq %%xmm3, %0" : "=r"(xmm3) : : "xmm3", "memory");
  CHECK_EQ(xmm3, ~uint64_t{0});
}

CASE(a_system_call_is_shown_behind_its_instruction) {
  static uint64_t rip, rax;
  on_signal(SIGUSR1, [](int, siginfo_t*, void* context) {
    rip = static_cast<uint64_t>(registers_of(context).gregs[REG_RIP]);
    rax = static_cast<uint64_t>(registers_of(context).gregs[REG_RAX]);
  });
  uint64_t expected;
  long result;
  // SAFETY: kill(getpid(), SIGUSR1).
  asm volatile("leaq 1f(%%rip), %1\n\tsyscall\n1:\tnop\n\tnop\n\tnop"
               : "=a"(result), "=&r"(expected)
               : "0"(static_cast<long>(SYS_kill)), "D"(static_cast<long>(getpid())), "S"(SIGUSR1)
               : "rcx", "r11", "memory");
  CHECK_EQ(result, 0);
  CHECK_EQ(rip, expected);
  CHECK_EQ(rax, 0);
}

CASE(auto_disarmed_stack) {
  static char stack[64 << 10];
  static stack_t inside;
  static int second_result;
  stack_t alternate = {};
  alternate.ss_sp = stack;
  alternate.ss_size = sizeof stack;
  alternate.ss_flags = static_cast<int>(1u << 31);  // SS_AUTODISARM
  CHECK_EQ(sigaltstack(&alternate, nullptr), 0);
  on_signal(SIGUSR1, [](int, siginfo_t*, void*) {
    sigaltstack(nullptr, &inside);
    static char other[64 << 10];
    stack_t replacement = {};
    replacement.ss_sp = other;
    replacement.ss_size = sizeof other;
    second_result = sigaltstack(&replacement, nullptr);  // allowed: the other one is disarmed
  }, SA_ONSTACK);
  raise(SIGUSR1);
  CHECK_EQ(inside.ss_flags, SS_DISABLE);
  CHECK_EQ(second_result, 0);
  stack_t after;
  sigaltstack(nullptr, &after);
  CHECK_EQ(after.ss_sp == stack, 1);
  CHECK_EQ(static_cast<unsigned>(after.ss_flags), 1u << 31);
  alternate.ss_flags = SS_DISABLE;
  CHECK_EQ(sigaltstack(&alternate, nullptr), 0);
}

CASE(handler_address_of_nothing_is_a_fault) {
  static volatile sig_atomic_t faults;
  static sigjmp_buf out;
  faults = 0;
  on_signal(SIGSEGV, [](int, siginfo_t*, void*) {
    faults = faults + 1;
    siglongjmp(out, 1);
  });
  void* nothing = mmap(nullptr, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  signal(SIGUSR1, reinterpret_cast<void (*)(int)>(nothing));
  if (sigsetjmp(out, 1) == 0) raise(SIGUSR1);
  CHECK_EQ(faults, 1);
  signal(SIGSEGV, SIG_DFL);
  signal(SIGUSR1, SIG_DFL);
  munmap(nothing, 4096);
}
