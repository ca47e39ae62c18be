// clone(2) without a thread library, as Go and musl use it.
#include <linux/futex.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include <atomic>

#include "check.h"
#include "support.h"

namespace {

constexpr int kThreadFlags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM;
constexpr size_t kStack = 64 << 10;

// Starts entry(argument) on `stack_top`. The child never returns from here; it ends by exit(2), which uses no stack.
// noinline: the label-free assembly keeps both halves in one place.
__attribute__((noinline)) long clone_thread(uint64_t flags, void* stack_top, int* parent_tid, int* child_tid, void* tls,
                                            void (*entry)(void*), void* argument) {
  long result;
  register int* r10 asm("r10") = child_tid;
  register void* r8 asm("r8") = tls;
  register void (*r12)(void*) asm("r12") = entry;
  register void* r13 asm("r13") = argument;
  // SAFETY: in the child rsp is stack_top, aligned to 16; r12 and r13 survive the call.
  asm volatile(
      "syscall\n\t"
      "test %%rax, %%rax\n\t"
      "jnz 1f\n\t"
      "xor %%ebp, %%ebp\n\t"
      "mov %%r13, %%rdi\n\t"
      "call *%%r12\n\t"
      "mov %[exit], %%eax\n\t"
      "xor %%edi, %%edi\n\t"
      "syscall\n\t"
      "ud2\n"
      "1:"
      : "=a"(result)
      : "0"(static_cast<long>(SYS_clone)), "D"(flags), "S"(stack_top), "d"(parent_tid), "r"(r10), "r"(r8), "r"(r12),
        "r"(r13), [exit] "i"(SYS_exit)
      : "rcx", "r11", "memory");
  return result;
}

char* new_stack_top() {
  void* stack = mmap(nullptr, kStack, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
  return static_cast<char*>(stack) + kStack;
}

// Raw calls only: the children have no thread descriptor of the libc's own.
long raw(long number, long a = 0, long b = 0, long c = 0, long d = 0, long e = 0, long f = 0) {
  long result;
  register long r10 asm("r10") = d;
  register long r8 asm("r8") = e;
  register long r9 asm("r9") = f;
  // SAFETY: a plain system call.
  asm volatile("syscall" : "=a"(result) : "0"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
               : "rcx", "r11", "memory");
  return result;
}

void wait_until_zero(std::atomic<int>& word) {
  for (int value; (value = word.load()) != 0;)
    raw(SYS_futex, reinterpret_cast<long>(&word), FUTEX_WAIT, value, 0);
}

struct Shared {
  std::atomic<int> tid = -1;
  std::atomic<long> seen = 0;
  std::atomic<uint64_t> fs = 0;
  std::atomic<int> go = 0;
};

}  // namespace

CASE(child_runs_and_its_tid_word_is_cleared) {
  Shared shared;
  int parent_tid = 0;
  auto* child_tid = reinterpret_cast<int*>(&shared.tid);
  long tid = clone_thread(kThreadFlags | CLONE_PARENT_SETTID | CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID, new_stack_top(),
                          &parent_tid, child_tid, nullptr,
                          [](void* p) { static_cast<Shared*>(p)->seen = raw(SYS_gettid); }, &shared);
  CHECK(tid > 0);
  CHECK_EQ(parent_tid, tid);
  if (shared.tid == -1) support::settle();
  wait_until_zero(shared.tid);
  CHECK_EQ(shared.seen.load(), tid);
}

CASE(own_fs_base) {
  static uint64_t block[4];
  block[0] = 0x1122334455667788;
  Shared shared;
  shared.tid = 1;
  long tid = clone_thread(kThreadFlags | CLONE_SETTLS | CLONE_CHILD_CLEARTID, new_stack_top(), nullptr,
                          reinterpret_cast<int*>(&shared.tid), block,
                          [](void* p) {
                            uint64_t value;
                            asm("mov %%fs:0, %0" : "=r"(value));
                            static_cast<Shared*>(p)->fs = value;
                          },
                          &shared);
  CHECK(tid > 0);
  wait_until_zero(shared.tid);
  CHECK_EQ(shared.fs.load(), block[0]);
}

CASE(arch_prctl_sets_and_gets) {
  Shared shared;
  shared.tid = 1;
  long tid = clone_thread(kThreadFlags | CLONE_CHILD_CLEARTID, new_stack_top(), nullptr, reinterpret_cast<int*>(&shared.tid),
                          nullptr,
                          [](void* p) {
                            static uint64_t block[2] = {77, 78};
                            uint64_t value, base = 0;
                            long set = raw(SYS_arch_prctl, 0x1002, reinterpret_cast<long>(block));
                            asm("mov %%fs:8, %0" : "=r"(value));
                            long get = raw(SYS_arch_prctl, 0x1003, reinterpret_cast<long>(&base));
                            bool good = set == 0 && get == 0 && value == 78 && base == reinterpret_cast<uint64_t>(block);
                            static_cast<Shared*>(p)->seen = good;
                          },
                          &shared);
  CHECK(tid > 0);
  wait_until_zero(shared.tid);
  CHECK_EQ(shared.seen.load(), 1);
}

CASE(files_are_shared) {
  Shared shared;
  shared.tid = 1;
  long tid = clone_thread(kThreadFlags | CLONE_CHILD_CLEARTID, new_stack_top(), nullptr, reinterpret_cast<int*>(&shared.tid),
                          nullptr,
                          [](void* p) {
                            static const char kName[] = "/dev/null";
                            static_cast<Shared*>(p)->seen =
                                raw(SYS_openat, AT_FDCWD, reinterpret_cast<long>(kName), O_RDONLY);
                          },
                          &shared);
  CHECK(tid > 0);
  wait_until_zero(shared.tid);
  CHECK(shared.seen >= 0);
  CHECK_EQ(close(static_cast<int>(shared.seen)), 0);
}

CASE(wrong_flags) {
  auto nothing = [](void*) {};
  void* top = new_stack_top();
  CHECK_EQ(clone_thread(CLONE_VM | CLONE_THREAD, top, nullptr, nullptr, nullptr, nothing, nullptr), -EINVAL);
  CHECK_EQ(clone_thread(CLONE_SIGHAND | CLONE_THREAD, top, nullptr, nullptr, nullptr, nothing, nullptr), -EINVAL);
}

CASE(hundred_in_a_row) {
  for (int i = 0; i < 100; i++) {
    Shared shared;
    shared.tid = 1;
    char* top = new_stack_top();
    long tid = clone_thread(kThreadFlags | CLONE_CHILD_CLEARTID, top, nullptr, reinterpret_cast<int*>(&shared.tid), nullptr,
                            [](void* p) { static_cast<Shared*>(p)->seen++; }, &shared);
    CHECK(tid > 0);
    wait_until_zero(shared.tid);
    CHECK_EQ(shared.seen.load(), 1);
    munmap(top - kStack, kStack);
  }
}
