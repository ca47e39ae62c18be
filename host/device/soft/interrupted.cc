#include "host/device/soft/interrupted.h"

#include <cstring>

#include "host/device/soft/transitions.h"

namespace scone::host::soft {
namespace {

constexpr uint64_t kCallSize = 5;
constexpr size_t kLongestInstruction = 15;

}  // namespace

Interruption classify(ThreadState* thread, ucontext_t& context) {
  if (!thread || !thread->enclave || !thread->tcs) return {false, false};
  auto& gregs = context.uc_mcontext.gregs;
  auto rip = static_cast<uint64_t>(gregs[REG_RIP]);
  bool at_gate = thread->enclave->in_gate(rip) || rip == reinterpret_cast<uint64_t>(soft_gate_trap);
  if (!at_gate) return {thread->enclave->contains(rip), false};
  uint64_t return_address;
  if (soft_copy(&return_address, reinterpret_cast<void*>(gregs[REG_RSP]), sizeof return_address))
    return {true, false};
  gregs[REG_RIP] = static_cast<greg_t>(return_address - kCallSize);
  gregs[REG_RSP] += static_cast<greg_t>(sizeof return_address);
  return {true, true};
}

bool instruction_is(uint64_t rip, const uint8_t* bytes, size_t size) {
  uint8_t code[kLongestInstruction];
  return size <= sizeof code && soft_copy(code, reinterpret_cast<void*>(rip), size) == 0 &&
         std::memcmp(code, bytes, size) == 0;
}

}  // namespace scone::host::soft
