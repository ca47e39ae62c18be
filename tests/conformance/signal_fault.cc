// Signals raised by instructions: SIGFPE, SIGILL, SIGTRAP, SIGSEGV, and what the context says.
#include <fenv.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/mman.h>
#include <ucontext.h>

#include <atomic>
#include <thread>
#include <vector>

#include "check.h"
#include "support.h"

namespace {

thread_local sigjmp_buf escape;
thread_local volatile int seen_signal, seen_code;
thread_local void* volatile seen_address;
thread_local volatile uint64_t seen_rip;

void on_fault(int signal, siginfo_t* info, void* context) {
  seen_signal = signal;
  seen_code = info->si_code;
  seen_address = info->si_addr;
  seen_rip = static_cast<uint64_t>(static_cast<ucontext_t*>(context)->uc_mcontext.gregs[REG_RIP]);
  siglongjmp(escape, 1);
}

void catch_signal(int number) {
  struct sigaction action = {};
  action.sa_sigaction = on_fault;
  action.sa_flags = SA_SIGINFO;
  sigaction(number, &action, nullptr);
}

// The signal that `body` raises, 0 if none.
template <typename Body>
int signal_of(int number, Body body) {
  catch_signal(number);
  seen_signal = 0;
  if (sigsetjmp(escape, 1) == 0) body();
  return seen_signal;
}

}  // namespace

CASE(division_by_zero) {
  auto divide = [] {
    // SAFETY: the point of the test.
    asm volatile("xor %%edx, %%edx\n\tmov $1, %%eax\n\txor %%ecx, %%ecx\n\tdiv %%ecx" ::: "eax", "ecx", "edx");
  };
  CHECK_EQ(signal_of(SIGFPE, divide), SIGFPE);
  CHECK_EQ(seen_code, FPE_INTDIV);
  CHECK_EQ(reinterpret_cast<uint64_t>(seen_address), seen_rip);
}

CASE(floating_point_exception) {
  auto divide = [] {
    feclearexcept(FE_ALL_EXCEPT);
    feenableexcept(FE_DIVBYZERO);
    volatile double zero = 0, one = 1;
    volatile double result = one / zero;
    (void)result;
  };
  CHECK_EQ(signal_of(SIGFPE, divide), SIGFPE);
  CHECK_EQ(seen_code, FPE_FLTDIV);
  fedisableexcept(FE_ALL_EXCEPT);
  feclearexcept(FE_ALL_EXCEPT);
}

CASE(illegal_instruction) {
  CHECK_EQ(signal_of(SIGILL, [] { asm volatile("ud2"); }), SIGILL);
  CHECK_EQ(seen_code, ILL_ILLOPN);
  CHECK_EQ(reinterpret_cast<uint64_t>(seen_address), seen_rip);
}

CASE(breakpoint) {
  CHECK_EQ(signal_of(SIGTRAP, [] { asm volatile("int3"); }), SIGTRAP);
}

CASE(privileged_instruction) {
  CHECK_EQ(signal_of(SIGSEGV, [] { asm volatile("hlt"); }), SIGSEGV);
}

CASE(abort_is_a_signal) {
  CHECK_EQ(signal_of(SIGABRT, [] { abort(); }), SIGABRT);
}

CASE(hundred_times_in_turn) {
  for (int i = 0; i < 50; i++) {
    CHECK_EQ(signal_of(SIGILL, [] { asm volatile("ud2"); }), SIGILL);
    CHECK_EQ(signal_of(SIGSEGV, [] { *reinterpret_cast<volatile int*>(16) = 1; }), SIGSEGV);
    CHECK_EQ(reinterpret_cast<uintptr_t>(seen_address), 16);
  }
}

CASE(threads_fault_at_the_same_time) {
  std::atomic<int> wrong = 0;
  std::vector<std::thread> threads;
  for (uintptr_t t = 1; t <= 4; t++)
    threads.emplace_back([&, t] {
      for (int i = 0; i < 100; i++) {
        if (signal_of(SIGSEGV, [=] { *reinterpret_cast<volatile char*>(t * 32) = 1; }) != SIGSEGV) wrong++;
        if (reinterpret_cast<uintptr_t>(seen_address) != t * 32) wrong++;
      }
    });
  for (auto& thread : threads) thread.join();
  CHECK_EQ(wrong.load(), 0);
}

CASE(handler_can_skip_the_instruction) {
  struct sigaction action = {};
  action.sa_flags = SA_SIGINFO;
  action.sa_sigaction = [](int, siginfo_t*, void* context) {
    static_cast<ucontext_t*>(context)->uc_mcontext.gregs[REG_RIP] += 2;
    static_cast<ucontext_t*>(context)->uc_mcontext.gregs[REG_RAX] = 4711;
  };
  sigaction(SIGILL, &action, nullptr);
  long value = 0;
  asm volatile("ud2" : "+a"(value));
  CHECK_EQ(value, 4711);
}

CASE(vector_registers_survive_a_fault) {
  struct sigaction action = {};
  action.sa_flags = SA_SIGINFO;
  action.sa_sigaction = [](int, siginfo_t*, void* context) {
    asm volatile("pxor %%xmm0, %%xmm0\n\tpxor %%xmm15, %%xmm15" ::: "xmm0", "xmm15");
    static_cast<ucontext_t*>(context)->uc_mcontext.gregs[REG_RIP] += 2;
  };
  sigaction(SIGILL, &action, nullptr);
  uint64_t low = 0x1111222233334444, high = 0x5555666677778888;
  asm volatile("movq %0, %%xmm0\n\tmovq %1, %%xmm15\n\tud2\n\tmovq %%xmm15, %0\n\tmovq %%xmm0, %1"
               : "+r"(low), "+r"(high)
               :
               : "xmm0", "xmm15");
  CHECK_EQ(low, 0x5555666677778888);
  CHECK_EQ(high, 0x1111222233334444);
}

CASE(cpuid_and_rdtsc_work) {
  uint32_t eax = 0, ebx, ecx = 0, edx;
  asm volatile("cpuid" : "+a"(eax), "=b"(ebx), "+c"(ecx), "=d"(edx));
  CHECK(eax >= 1);
  char vendor[13] = "";
  memcpy(vendor, &ebx, 4);
  memcpy(vendor + 4, &edx, 4);
  memcpy(vendor + 8, &ecx, 4);
  CHECK(vendor[0] >= 'A' && vendor[11] != 0);
  uint64_t first = __builtin_ia32_rdtsc(), second = __builtin_ia32_rdtsc();
  CHECK(second > first);
}
