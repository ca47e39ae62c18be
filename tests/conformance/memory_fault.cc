// Bad accesses become SIGSEGV with the address, and the program can go on.
#include <setjmp.h>
#include <signal.h>
#include <sys/mman.h>

#include <cstdint>
#include <thread>

#include "check.h"
#include "support.h"

namespace {

constexpr size_t kPage = 4096;

thread_local sigjmp_buf escape;
thread_local volatile int fault_signal;
thread_local volatile int fault_code;
thread_local void* volatile fault_address;

void on_fault(int signal, siginfo_t* info, void*) {
  fault_signal = signal;
  fault_code = info->si_code;
  fault_address = info->si_addr;
  siglongjmp(escape, 1);
}

void catch_faults() {
  struct sigaction action = {};
  action.sa_sigaction = on_fault;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK;
  sigaction(SIGSEGV, &action, nullptr);
  sigaction(SIGBUS, &action, nullptr);
}

// True if the access raised SIGSEGV at this address with this code.
template <typename Access>
bool faults(Access access, const volatile void* address, int code) {
  catch_faults();
  fault_signal = 0;
  if (sigsetjmp(escape, 1) == 0) {
    access();
    return false;
  }
  return fault_signal == SIGSEGV && fault_address == const_cast<void*>(address) && fault_code == code;
}

volatile char* map_page(int protection) {
  return static_cast<volatile char*>(mmap(nullptr, kPage, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
}

// An alternate stack for the case that the stack itself is what faults.
void use_alternate_stack() {
  static thread_local char stack[64 << 10];
  stack_t alternate = {};
  alternate.ss_sp = stack;
  alternate.ss_size = sizeof stack;
  sigaltstack(&alternate, nullptr);
}

__attribute__((noinline)) int recurse(int depth) {
  volatile char frame[1024];
  frame[depth % 1024] = static_cast<char>(depth);
  int below = recurse(depth + 1);
  return below + frame[0];
}

}  // namespace

CASE(read_of_an_unmapped_page) {
  volatile char* page = map_page(PROT_READ);
  munmap(const_cast<char*>(page), kPage);
  CHECK(faults([=] { (void)page[17]; }, page + 17, SEGV_MAPERR));
}

CASE(null_pointer) {
  volatile char* null = nullptr;
  asm("" : "+r"(null));
  CHECK(faults([=] { null[8] = 1; }, null + 8, SEGV_MAPERR));
}

CASE(write_to_a_read_only_page) {
  volatile char* page = map_page(PROT_READ);
  CHECK(faults([=] { page[100] = 1; }, page + 100, SEGV_ACCERR));
  CHECK_EQ(page[100], 0);
}

CASE(guard_page) {
  volatile char* page = map_page(PROT_NONE);
  CHECK(faults([=] { (void)page[0]; }, page, SEGV_ACCERR));
}

CASE(execute_of_data) {
  volatile char* page = map_page(PROT_READ | PROT_WRITE);
  page[0] = static_cast<char>(0xc3);
  // SAFETY: never completes; the page is not executable.
  CHECK(faults([=] { reinterpret_cast<void (*)()>(const_cast<char*>(page))(); }, page, SEGV_ACCERR));
}

CASE(page_protected_after_use) {
  volatile char* page = map_page(PROT_READ | PROT_WRITE);
  page[1] = 1;
  CHECK_EQ(mprotect(const_cast<char*>(page), kPage, PROT_NONE), 0);
  CHECK(faults([=] { page[1] = 2; }, page + 1, SEGV_ACCERR));
  CHECK_EQ(mprotect(const_cast<char*>(page), kPage, PROT_READ | PROT_WRITE), 0);
  CHECK_EQ(page[1], 1);
}

CASE(non_canonical_address) {
  auto* wild = reinterpret_cast<volatile char*>(0x8000000000000000);
  catch_faults();
  fault_signal = 0;
  if (sigsetjmp(escape, 1) == 0) (void)*wild;
  CHECK_EQ(fault_signal, SIGSEGV);
}

CASE(handler_mends_and_the_instruction_is_repeated) {
  static volatile char* page;
  static volatile int mended;
  page = map_page(PROT_NONE);
  mended = 0;
  struct sigaction action = {};
  action.sa_flags = SA_SIGINFO;
  action.sa_sigaction = [](int, siginfo_t*, void*) {
    mended = mended + 1;
    mprotect(const_cast<char*>(page), kPage, PROT_READ | PROT_WRITE);
  };
  sigaction(SIGSEGV, &action, nullptr);
  page[5] = 77;
  CHECK_EQ(mended, 1);
  CHECK_EQ(page[5], 77);
}

CASE(hundred_faults) {
  volatile char* page = map_page(PROT_NONE);
  for (int i = 0; i < 100; i++) CHECK(faults([=] { page[i] = 1; }, page + i, SEGV_ACCERR));
}

CASE(fault_in_another_thread) {
  volatile char* page = map_page(PROT_NONE);
  bool caught = false;
  std::thread([&] { caught = faults([=] { page[3] = 1; }, page + 3, SEGV_ACCERR); }).join();
  CHECK(caught);
}

CASE(stack_overflow_of_a_thread_hits_its_guard) {
  bool caught = false;
  std::thread([&] {
    use_alternate_stack();
    catch_faults();
    fault_signal = 0;
    if (sigsetjmp(escape, 1) == 0) recurse(0);
    caught = fault_signal == SIGSEGV;
  }).join();
  CHECK(caught);
}

CASE(program_counter_and_registers_are_in_the_context) {
  static volatile uint64_t rip, seen_rbx;
  static volatile char* page;
  page = map_page(PROT_NONE);
  struct sigaction action = {};
  action.sa_flags = SA_SIGINFO;
  action.sa_sigaction = [](int, siginfo_t*, void* context) {
    auto* registers = static_cast<ucontext_t*>(context)->uc_mcontext.gregs;
    rip = registers[REG_RIP];
    seen_rbx = registers[REG_RBX];
    registers[REG_RIP] += 3;  // over the store
    registers[REG_RBX] = 0x7777;
  };
  sigaction(SIGSEGV, &action, nullptr);
  uint64_t at, rbx = 0x1234567890abcdef;
  // mov %al, 0(%rdx) with an 8-bit displacement: three bytes.
  asm volatile("lea 1f(%%rip), %[at]\n1: .byte 0x88, 0x42, 0x00"
               : [at] "=&r"(at), "+b"(rbx)
               : "d"(page), "a"(0)
               : "memory");
  CHECK_EQ(rip, at);
  CHECK_EQ(seen_rbx, 0x1234567890abcdef);
  CHECK_EQ(rbx, 0x7777);
}
