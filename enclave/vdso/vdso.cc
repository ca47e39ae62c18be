// The program's vDSO (vdso(7)): the clocks without a call of the runtime.
//
// A shared object of its own, linked without anything else (vdso.lds), that the loader maps into the program's memory and names in
// AT_SYSINFO_EHDR. It is program code: it runs on the program's stack, can be interrupted and unwound anywhere, and a bad pointer is the
// caller's SIGSEGV. Whatever it does not serve it leaves to the system call, in which the runtime does the same for who does not use the vDSO.
#include <asm/unistd.h>
#include <linux/time_types.h>

#include <cstddef>
#include <cstdint>

#include "enclave/entry/ethread.h"
#include "enclave/sched/clock_page.h"
#include "enclave/time/duration.h"
#include "enclave/time/page_clocks.h"

#define EXPORT extern "C" [[gnu::visibility("default")]]

namespace scone::vdso {
namespace {

// SAFETY: while program code runs, GS points to the ethread's block. One instruction each: the thread may go on on another ethread after it.
sched::ClockPage& clock_page() {
  sched::ClockPage* page;
  asm("movq %%gs:%c1, %0" : "=r"(page) : "i"(offsetof(entry::Ethread, clock_page)));
  return *page;
}
unsigned ethread_number() {
  uint64_t number;
  asm volatile("movq %%gs:%c1, %0" : "=r"(number) : "i"(offsetof(entry::Ethread, number)));
  return static_cast<unsigned>(number);
}

// SAFETY: the kernel's convention. The instruction is rewritten when the vDSO is mapped, as any other of the program's.
[[gnu::noinline]] int64_t system_call(int64_t number, int64_t a0, void* a1) {
  asm volatile("syscall" : "+a"(number) : "D"(a0), "S"(a1) : "rcx", "r11", "memory");
  return number;
}

}  // namespace

EXPORT int __vdso_clock_gettime(int clock, __kernel_timespec* time) {
  const auto timeline = time::timeline_of(clock);
  if (!timeline) return static_cast<int>(system_call(__NR_clock_gettime, clock, time));
  *time = time::timespec_from(clock_page().read(*timeline));
  return 0;
}

EXPORT int __vdso_clock_getres(int clock, __kernel_timespec* resolution) {
  if (!time::timeline_of(clock)) return static_cast<int>(system_call(__NR_clock_getres, clock, resolution));
  if (resolution) *resolution = time::timespec_from(time::resolution_of(clock));
  return 0;
}

EXPORT int __vdso_gettimeofday(__kernel_old_timeval* time, time::TimeZone* zone) {
  if (time) *time = time::time_of_day(clock_page().read(sched::Timeline::kRealtime));
  if (zone) *zone = {};
  return 0;
}

EXPORT int64_t __vdso_time(int64_t* time) {
  const auto seconds = static_cast<int64_t>(clock_page().read(sched::Timeline::kRealtime) / time::kSecond);
  if (time) *time = seconds;
  return seconds;
}

EXPORT int __vdso_getcpu(unsigned* processor, unsigned* node, void*) {
  if (processor) *processor = ethread_number();
  if (node) *node = 0;
  return 0;
}

}  // namespace scone::vdso
