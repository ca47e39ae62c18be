#include "host/device/soft/thread_state.h"

#include <signal.h>
#include <sys/mman.h>

#include <cerrno>
#include <mutex>
#include <new>

namespace scone::host::soft {

extern "C" {
__thread ThreadState* soft_current = nullptr;
uint64_t soft_arena_begin = 0;
uint64_t soft_arena_size = 0;
}

namespace {

constexpr uint64_t kSlotSize = SLOT_SIZE;
constexpr uint64_t kSlots = 256;
constexpr uint64_t kGuard = 4096;
constexpr uint64_t kGateStackBegin = sizeof(ThreadState) + kGuard;
constexpr uint64_t kGateStackEnd = kGateStackBegin + (64 << 10);
constexpr uint64_t kSignalStackBegin = kGateStackEnd + kGuard;

std::mutex slots_mutex;
ThreadState* slots[kSlots];

bool map_arena() {
  if (soft_arena_size) return true;
  uint64_t wanted = (kSlots + 1) * kSlotSize;
  void* memory = mmap(nullptr, wanted, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) return false;
  soft_arena_begin = (reinterpret_cast<uint64_t>(memory) + kSlotSize - 1) & ~(kSlotSize - 1);
  soft_arena_size = kSlots * kSlotSize;
  return true;
}

bool allow(uint64_t slot, uint64_t begin, uint64_t end) {
  return mprotect(reinterpret_cast<void*>(slot + begin), end - begin, PROT_READ | PROT_WRITE) == 0;
}

// Ends the thread's use of its slot when the thread ends.
struct SlotOwner {
  size_t index = kSlots;
  ~SlotOwner() {
    if (index == kSlots) return;
    stack_t none{};
    none.ss_flags = SS_DISABLE;
    sigaltstack(&none, nullptr);
    soft_current = nullptr;
    std::lock_guard guard(slots_mutex);
    madvise(slots[index], kSlotSize, MADV_DONTNEED);
    slots[index] = nullptr;
  }
};
thread_local SlotOwner owner;

Result<ThreadState*> take_slot() {
  std::lock_guard guard(slots_mutex);
  if (!map_arena()) return Errno(errno);
  size_t index = 0;
  while (index < kSlots && slots[index]) ++index;
  if (index == kSlots) return Errno(EAGAIN);
  uint64_t slot = soft_arena_begin + index * kSlotSize;
  if (!allow(slot, 0, sizeof(ThreadState)) || !allow(slot, kGateStackBegin, kGateStackEnd) ||
      !allow(slot, kSignalStackBegin, kSlotSize))
    return Errno(errno);
  slots[index] = new (reinterpret_cast<void*>(slot)) ThreadState{};
  owner.index = index;
  return slots[index];
}

}  // namespace

Result<ThreadState*> attach_slot(SoftEnclave& enclave) {
  ThreadState* thread = soft_current ? soft_current : TRY(take_slot());
  auto slot = reinterpret_cast<uint64_t>(thread);
  stack_t stack{};
  stack.ss_sp = reinterpret_cast<void*>(slot + kSignalStackBegin);
  stack.ss_size = kSlotSize - kSignalStackBegin;
  if (sigaltstack(&stack, nullptr) != 0) return Errno(errno);
  // SAFETY: reads the calling thread's own segment bases; the device checked that the kernel allows it.
  asm volatile("rdfsbase %0" : "=r"(thread->host_fs));
  asm volatile("rdgsbase %0" : "=r"(thread->host_gs));
  thread->gate_stack = slot + kGateStackEnd;
  thread->xfrm = enclave.secs.attributes.xfrm;
  thread->xsave_words = enclave.xsave_size / sizeof(uint64_t);
  thread->enclave = &enclave;
  soft_current = thread;
  return thread;
}

void detach_all(const SoftEnclave& enclave) {
  std::lock_guard guard(slots_mutex);
  for (ThreadState* thread : slots)
    if (thread && thread->enclave == &enclave) thread->enclave = nullptr;
}

}  // namespace scone::host::soft
