// What FS points to while libcrypto runs.
#pragma once

#include <cstddef>
#include <cstdint>

namespace scone::crypto {

// One per ethread: a thread does not leave its ethread within a Section, so what the library keeps per thread (its error queue, its random
// generators) may be kept per ethread. The first fields are where the psABI and the stack protector expect them.
struct ThreadBlock {
  static constexpr size_t kKeys = 32;

  ThreadBlock* self;
  uint64_t reserved[4];
  uint64_t canary;  // %fs:0x28
  int error;        // errno
  void* values[kKeys];
};
static_assert(offsetof(ThreadBlock, canary) == 0x28);

// Of the ethread that executes this. Precondition: within a Section.
inline ThreadBlock& thread_block() {
  ThreadBlock* block;
  // SAFETY: FS points to a ThreadBlock within a Section; its first field is its own address.
  asm volatile("movq %%fs:0, %0" : "=r"(block));
  return *block;
}

}  // namespace scone::crypto
