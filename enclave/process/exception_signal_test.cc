// Each exception is caused for real; what the kernel makes of it must be what this makes of the same vector.
#include "enclave/process/exception_signal.h"

#include <fenv.h>
#include <gtest/gtest.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

#include <cstring>
#include <tuple>

namespace scone::process {
namespace {

struct Seen {
  int signal;
  int code;
  uint64_t address;
  uint64_t trap, error, cr2, rip;
  uint8_t fpstate[512];
} seen;
sigjmp_buf after;

// Never mapped; volatile, so that the compiler does not reason about it.
uint64_t unmapped_address() {
  volatile uint64_t address = 0x10;
  return address;
}

void record(int signal, siginfo_t* info, void* context) {
  // SAFETY: AC is still set after an alignment check, and the code below is not written for it.
  asm volatile("pushfq\n\tandq $~0x40000, (%%rsp)\n\tpopfq" : : : "memory", "cc");
  auto& registers = static_cast<ucontext_t*>(context)->uc_mcontext;
  seen.signal = signal;
  seen.code = info->si_code;
  seen.address = reinterpret_cast<uint64_t>(info->si_addr);
  seen.trap = static_cast<uint64_t>(registers.gregs[REG_TRAPNO]);
  seen.error = static_cast<uint64_t>(registers.gregs[REG_ERR]);
  seen.cr2 = static_cast<uint64_t>(registers.gregs[REG_CR2]);
  seen.rip = static_cast<uint64_t>(registers.gregs[REG_RIP]);
  memcpy(seen.fpstate, registers.fpregs, sizeof seen.fpstate);
  siglongjmp(after, 1);
}

class Native : public testing::Test {
 protected:
  Native() {
    struct sigaction action {};
    action.sa_sigaction = &record;
    action.sa_flags = SA_SIGINFO;
    for (int signal : kSignals) sigaction(signal, &action, &old_[signal]);
  }
  ~Native() override {
    for (int signal : kSignals) sigaction(signal, &old_[signal], nullptr);
    fedisableexcept(FE_ALL_EXCEPT);
  }
  template <typename Cause>
  void provoke(Cause cause) {
    seen = {};
    if (sigsetjmp(after, 1) == 0) {
      cause();
      FAIL() << "no exception";
    }
  }
  void expect_same(const Fault& ours, uint64_t vector) {
    EXPECT_EQ(seen.trap, vector);
    EXPECT_EQ(ours.signal, seen.signal);
    EXPECT_EQ(ours.code, seen.code);
    EXPECT_EQ(ours.address, seen.address);
  }
  void expect_same(uint64_t vector) {
    expect_same(fault_of_exception(vector, seen.rip, seen.fpstate), vector);
  }

 private:
  static constexpr int kSignals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP};
  struct sigaction old_[32];
};

// SAFETY (all of the following): the statement faults, the handler leaves it by siglongjmp.

TEST_F(Native, DivideByZero) {
  provoke([] {
    asm volatile("xorl %%edx, %%edx\n\txorl %%ecx, %%ecx\n\tdivl %%ecx" : : : "eax", "ecx", "edx");
  });
  expect_same(kVectorDivide);
}

TEST_F(Native, InvalidOpcode) {
  provoke([] { asm volatile("ud2"); });
  expect_same(kVectorInvalidOpcode);
}

TEST_F(Native, Breakpoint) {
  provoke([] { asm volatile("int3"); });
  expect_same(kVectorBreakpoint);
}

TEST_F(Native, SingleStep) {
  provoke([] { asm volatile("pushfq\n\torq $0x100, (%%rsp)\n\tpopfq\n\tnop" : : : "memory", "cc"); });
  expect_same(kVectorDebug);
}

TEST_F(Native, NonCanonicalAddress) {
  provoke([] { asm volatile("movb (%0), %%al" : : "r"(uint64_t{1} << 62) : "rax"); });
  expect_same(kVectorProtection);
}

TEST_F(Native, AlignmentCheck) {
  provoke([] {
    static uint64_t words[2];
    asm volatile(
        "pushfq\n\torq $0x40000, (%%rsp)\n\tpopfq\n\t"
        "movq 1(%0), %%rax\n\t"
        "pushfq\n\tandq $~0x40000, (%%rsp)\n\tpopfq"
        :
        : "r"(words)
        : "rax", "memory", "cc");
  });
  expect_same(kVectorAlignment);
}

TEST_F(Native, SimdExceptions) {
  for (auto [exception, left, right] : {std::tuple{FE_DIVBYZERO, 1.0, 0.0},
                                        {FE_INVALID, 0.0, 0.0},
                                        {FE_OVERFLOW, 1e308, 1e-10},
                                        {FE_UNDERFLOW, 1e-308, 1e10},
                                        {FE_INEXACT, 1.0, 3.0}}) {
    feenableexcept(exception);
    provoke([=] {
      volatile double a = left, b = right;
      volatile double quotient = a / b;
      (void)quotient;
    });
    expect_same(kVectorSimd);
    fedisableexcept(FE_ALL_EXCEPT);
  }
}

TEST_F(Native, X87DivideByZero) {
  feenableexcept(FE_DIVBYZERO);
  provoke([] { asm volatile("fld1\n\tfldz\n\tfdivrp\n\tfwait\n\tfstp %%st(0)" : : : "memory"); });
  expect_same(kVectorX87);
}

TEST_F(Native, UnmappedPage) {
  const uint64_t low = unmapped_address();
  provoke([=] { *reinterpret_cast<volatile char*>(low) = 1; });
  EXPECT_EQ(access_of(seen.error), mm::Access::kWrite);
  expect_same(fault_of_page(mm::FaultOutcome::kSegvMapErr, seen.cr2), kVectorPage);
  provoke([=] { (void)*reinterpret_cast<volatile char*>(low); });
  EXPECT_EQ(access_of(seen.error), mm::Access::kRead);
}

TEST_F(Native, ForbiddenAccess) {
  void* page = mmap(nullptr, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(page, MAP_FAILED);
  provoke([=] { *static_cast<volatile char*>(page) = 1; });
  expect_same(fault_of_page(mm::FaultOutcome::kSegvAccErr, seen.cr2), kVectorPage);
  provoke([=] { reinterpret_cast<void (*)()>(page)(); });
  EXPECT_EQ(access_of(seen.error), mm::Access::kExecute);
  expect_same(fault_of_page(mm::FaultOutcome::kSegvAccErr, seen.cr2), kVectorPage);
  munmap(page, 4096);
}

TEST_F(Native, BeyondTheEndOfAFile) {
  int fd = memfd_create("empty", 0);
  void* page = mmap(nullptr, 4096, PROT_READ, MAP_SHARED, fd, 0);
  ASSERT_NE(page, MAP_FAILED);
  provoke([=] { (void)*static_cast<volatile char*>(page); });
  expect_same(fault_of_page(mm::FaultOutcome::kBus, seen.cr2), kVectorPage);
  munmap(page, 4096);
  close(fd);
}

}  // namespace
}  // namespace scone::process
