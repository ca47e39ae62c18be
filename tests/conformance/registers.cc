// A system call changes rax, rcx and r11 and nothing else; a thread switch changes nothing at all.
#include <immintrin.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <thread>
#include <vector>

#include "check.h"
#include "support.h"

namespace {

struct Registers {
  uint64_t general[16];             // rax … r15 in the order of their numbers; rsp's place is unused
  alignas(32) uint8_t vector[16][32];
  uint32_t mxcsr;
  uint16_t x87_control;
};

// Loads every register from `in`, makes the call, stores every register to `out`.
extern "C" void scone_test_call(const Registers* in, Registers* out);
asm(R"(
.text
.globl scone_test_call
.type scone_test_call, @function
scone_test_call:
  push %rbx
  push %rbp
  push %r12
  push %r13
  push %r14
  push %r15
  sub $24, %rsp
  mov %rsi, (%rsp)
  stmxcsr 8(%rsp)
  fnstcw 12(%rsp)
  ldmxcsr 640(%rdi)
  fldcw 644(%rdi)
)"
#define LOAD(n) "vmovdqa 128+32*" #n "(%rdi), %ymm" #n "\n"
#define STORE(n) "vmovdqa %ymm" #n ", 128+32*" #n "(%rdi)\n"
#define ALL(M) M(0) M(1) M(2) M(3) M(4) M(5) M(6) M(7) M(8) M(9) M(10) M(11) M(12) M(13) M(14) M(15)
ALL(LOAD)
R"(
  mov 0(%rdi), %rax
  mov 8(%rdi), %rcx
  mov 16(%rdi), %rdx
  mov 24(%rdi), %rbx
  mov 40(%rdi), %rbp
  mov 48(%rdi), %rsi
  mov 64(%rdi), %r8
  mov 72(%rdi), %r9
  mov 80(%rdi), %r10
  mov 88(%rdi), %r11
  mov 96(%rdi), %r12
  mov 104(%rdi), %r13
  mov 112(%rdi), %r14
  mov 120(%rdi), %r15
  mov 56(%rdi), %rdi
  syscall
  push %rdi
  mov 8(%rsp), %rdi
  mov %rax, 0(%rdi)
  mov %rcx, 8(%rdi)
  mov %rdx, 16(%rdi)
  mov %rbx, 24(%rdi)
  mov %rbp, 40(%rdi)
  mov %rsi, 48(%rdi)
  popq 56(%rdi)
  mov %r8, 64(%rdi)
  mov %r9, 72(%rdi)
  mov %r10, 80(%rdi)
  mov %r11, 88(%rdi)
  mov %r12, 96(%rdi)
  mov %r13, 104(%rdi)
  mov %r14, 112(%rdi)
  mov %r15, 120(%rdi)
  stmxcsr 640(%rdi)
  fnstcw 644(%rdi)
)"
ALL(STORE)
R"(
  ldmxcsr 8(%rsp)
  fldcw 12(%rsp)
  vzeroupper
  add $24, %rsp
  pop %r15
  pop %r14
  pop %r13
  pop %r12
  pop %rbp
  pop %rbx
  ret
.size scone_test_call, . - scone_test_call
)");
static_assert(sizeof(Registers::general) == 128 && offsetof(Registers, vector) == 128 && offsetof(Registers, mxcsr) == 640);

constexpr int kRax = 0, kRcx = 1, kRdx = 2, kRsp = 4, kRsi = 6, kRdi = 7, kR11 = 11;

// Makes the call with every free register holding a pattern made from `seed`. True if all survive.
bool survives(uint64_t seed, long number, uint64_t rdi = 0, uint64_t rsi = 0, uint64_t rdx = 0, uint64_t r10 = 0) {
  Registers in, out = {};
  for (int i = 0; i < 16; i++) in.general[i] = seed * 0x9e3779b97f4a7c15 + static_cast<uint64_t>(i) * 0x0101010101010101;
  for (int i = 0; i < 16; i++)
    for (int j = 0; j < 32; j++) in.vector[i][j] = static_cast<uint8_t>(seed * 7 + static_cast<uint64_t>(i * 32 + j));
  in.mxcsr = 0x1f80 | 0x6000;  // round towards zero
  in.x87_control = 0x037f | 0x0c00;
  in.general[kRax] = static_cast<uint64_t>(number);
  in.general[kRdi] = rdi;
  in.general[kRsi] = rsi;
  in.general[kRdx] = rdx;
  in.general[10] = r10;
  scone_test_call(&in, &out);
  for (int i = 0; i < 16; i++)
    if (i != kRax && i != kRcx && i != kR11 && i != kRsp && in.general[i] != out.general[i]) {
      check_print("# register %d changed over call %ld: %lx to %lx\n", i, number, in.general[i], out.general[i]);
      return false;
    }
  for (int i = 0; i < 16; i++)
    if (memcmp(in.vector[i], out.vector[i], 32)) {
      check_print("# ymm%d changed over call %ld\n", i, number);
      return false;
    }
  return in.mxcsr == out.mxcsr && in.x87_control == out.x87_control;
}

uint64_t address(const void* p) { return reinterpret_cast<uint64_t>(p); }

bool has_avx() { return __builtin_cpu_supports("avx"); }

}  // namespace

CASE(over_calls_served_inside_and_outside) {
  if (!has_avx()) return;
  static char buffer[70000];
  timespec moment;
  int zero = open("/dev/zero", O_RDONLY);
  CHECK(survives(1, SYS_getpid));
  CHECK(survives(2, SYS_gettid));
  CHECK(survives(3, SYS_clock_gettime, CLOCK_MONOTONIC, address(&moment)));
  CHECK(survives(4, SYS_read, static_cast<uint64_t>(zero), address(buffer), sizeof buffer));
  CHECK(survives(5, SYS_pread64, static_cast<uint64_t>(zero), address(buffer), 100, 0));
  CHECK(survives(6, SYS_getrandom, address(buffer), sizeof buffer, 0));
  CHECK(survives(7, SYS_uname, address(buffer)));
  CHECK(survives(8, SYS_sched_yield));
  CHECK(survives(9, 100000));
  CHECK(survives(10, SYS_getcwd, address(buffer), sizeof buffer));
  CHECK(survives(11, SYS_close, 1000));
  close(zero);
}

CASE(over_memory_calls) {
  if (!has_avx()) return;
  CHECK(survives(1, SYS_mprotect, 0x1000, 4096, 0));
  CHECK(survives(2, SYS_munmap, 0x10000, 0));
  CHECK(survives(3, SYS_brk, 0));
  CHECK(survives(4, SYS_madvise, 0x1000, 4096, 4));
}

CASE(over_calls_that_wait) {
  if (!has_avx()) return;
  timespec time = {0, 20000000};
  uint32_t word = 0;
  CHECK(survives(1, SYS_nanosleep, address(&time), 0));
  CHECK(survives(2, SYS_futex, address(&word), FUTEX_WAIT | FUTEX_PRIVATE_FLAG, 0, address(&time)));
  CHECK(survives(3, SYS_poll, 0, 0, 20));
}

CASE(while_other_threads_use_the_same_registers) {
  if (!has_avx()) return;
  std::atomic<int> wrong = 0;
  std::vector<std::thread> threads;
  for (uint64_t t = 1; t <= 6; t++)
    threads.emplace_back([&, t] {
      for (uint64_t i = 0; i < 2000; i++)
        if (!survives(t * 10000 + i, i % 3 ? SYS_sched_yield : SYS_getppid)) wrong++;
    });
  for (auto& thread : threads) thread.join();
  CHECK_EQ(wrong.load(), 0);
}

CASE(flags_survive) {
  uint64_t flags;
  long result;
  asm volatile("std\n\tsyscall\n\tpushfq\n\tpop %1\n\tcld"
               : "=a"(result), "=r"(flags)
               : "0"(static_cast<long>(SYS_getpid))
               : "rcx", "r11", "memory", "cc");
  CHECK_EQ(result, getpid());
  CHECK(flags & 0x400);
}

CASE(red_zone_survives) {
  long result;
  uint64_t below;
  // SAFETY: the 128 bytes below rsp belong to a leaf function.
  asm volatile("movq $0x1234567, -8(%%rsp)\n\tsyscall\n\tmovq -8(%%rsp), %1"
               : "=a"(result), "=r"(below)
               : "0"(static_cast<long>(SYS_gettid))
               : "rcx", "r11", "memory");
  CHECK_EQ(below, 0x1234567);
}
