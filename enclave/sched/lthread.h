// A user-level thread of the program.
#pragma once

#include <atomic>
#include <cstdint>

#include "base/cache_line.h"
#include "base/intrusive_list.h"
#include "base/ref.h"
#include "base/result.h"
#include "enclave/entry/ethread.h"
#include "enclave/entry/user_frame.h"
#include "enclave/process/scheduling_hints.h"
#include "enclave/process/thread_signals.h"
#include "enclave/sched/timer.h"

namespace scone::sched {

struct RunQueueTag;
struct ThreadListTag;

// What a thread is doing. Transitions are made by park(), unpark() and the scheduler only.
enum class ThreadState : uint32_t {
  kRunnable,  // in a run queue
  kRunning,   // on an ethread
  kParking,   // on an ethread, about to leave it
  kParked,
  kNotified,  // running or parking, with an unpark() that has not been consumed
  kDead,
};

// Size of the kernel stack, and of the XSAVE area near its top (standard format, XFRM up to AVX-512).
inline constexpr uint64_t kKernelStackSize = 32 << 10;
inline constexpr uint64_t kXsaveAreaSize = 2816;

// Reference counted: the thread list holds one reference while the thread lives; who keeps a pointer across a park
// holds one as well. Fields without a remark belong to the thread itself.
class Lthread : public RefCounted, public ListNode<RunQueueTag>, public ListNode<ThreadListTag> {
 public:
  // Allocates the thread and its kernel stack; it is in no list yet. ENOMEM.
  static Result<Ref<Lthread>> create(int tid);
  ~Lthread();

  int tid() const { return tid_; }
  // The program's registers as of its last entry into the runtime.
  entry::UserFrame& frame() { return *reinterpret_cast<entry::UserFrame*>(kernel_stack_top() - sizeof(entry::UserFrame)); }
  // 64-byte aligned XSAVE area; holds the program's vector state when vector_saved is true.
  uint8_t* xsave_area() { return reinterpret_cast<uint8_t*>(kernel_stack_top()); }
  uint64_t kernel_stack_top() const { return stack_ + kKernelStackSize - kXsaveAreaSize - colour(); }

  uint64_t saved_rsp = 0;     // context when not running
  uint64_t fs_base = 0;       // when not running
  uint64_t control_words = 0; // MXCSR and x87 control word if saved (never zero then), see entry/vector.h
  bool vector_saved = false;  // xsave_area() is current, registers are not
  std::atomic<ThreadState> state{ThreadState::kRunnable};
  std::atomic<bool> notified_while_queued{false};  // an unpark() that came in state kRunnable

  uint64_t clear_child_tid = 0;  // CLONE_CHILD_CLEARTID, set_tid_address(2)
  uint64_t robust_list = 0;      // set_robust_list(2)
  char name[16] = {};            // PR_SET_NAME
  uint64_t last_ethread = 0;     // where it ran last
  // Ticks that found it in program code since its last system call. Two are 4 ms at least: it computes. Unchanged while queued.
  uint8_t ticks_without_call = 0;
  bool computes() const { return ticks_without_call >= 2; }
  process::SchedulingHints hints;

  process::ThreadSignals signals;
  // Exception being handled (frame().flags has kFrameException): vector, error code, address.
  struct {
    uint64_t vector, error_code, address;
  } exception{};
  // The system call under way, for trace and statistics.
  uint64_t call_number = 0;
  bool call_forwarded = false;  // it has needed the host

 private:
  Lthread(int tid, uint64_t stack) : stack_(stack), tid_(tid) {}
  // Bytes left free above the XSAVE area. Were all stacks used at the same offsets of their pages, those of a few threads would fill the
  // cache's sets for these offsets. Steps of five cache lines keep threads with near numbers apart.
  uint64_t colour() const { return static_cast<uint64_t>(tid_) * 5 * kCacheLine % 4096; }
  uint64_t stack_;
  int tid_;
};

// The thread that executes this. Precondition: called from a thread's context, not from the scheduler.
inline Lthread& current() {
  Lthread* thread;
  // SAFETY: gs:0x68 is Ethread::current.
  asm volatile("movq %%gs:0x68, %0" : "=r"(thread));
  return *thread;
}

}  // namespace scone::sched
