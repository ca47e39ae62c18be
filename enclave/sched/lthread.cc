#include "enclave/sched/lthread.h"

#include <linux/errno.h>

#include <new>

#include "enclave/runtime/heap.h"

namespace scone::sched {

Result<Ref<Lthread>> Lthread::create(int tid) {
  const uint64_t stack = TRY(runtime::allocate_pages(kKernelStackSize / 4096));
  auto* thread = new (std::nothrow) Lthread(tid, stack);
  if (!thread) {
    runtime::free_pages(stack, kKernelStackSize / 4096);
    return Errno(ENOMEM);
  }
  return Ref<Lthread>::adopt(thread);
}

Lthread::~Lthread() { runtime::free_pages(stack_, kKernelStackSize / 4096); }

}  // namespace scone::sched
