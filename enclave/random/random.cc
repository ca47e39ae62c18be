#include "enclave/random/random.h"

#include <linux/errno.h>

#include "enclave/runtime/memory.h"

namespace scone::random {
namespace {

// Intel's and AMD's guides: ten attempts are enough unless the generator is broken (SDM vol. 1, 7.3.17.1).
constexpr int kAttempts = 10;

bool rdrand(uint64_t& value) {
  bool valid;
  // SAFETY: an unprivileged instruction; CF says whether the value is good.
  asm volatile("rdrand %0" : "=r"(value), "=@ccc"(valid) : : "cc");
  return valid;
}

bool draw(uint64_t& value) {
  for (int i = 0; i < kAttempts; ++i) {
    if (rdrand(value)) return true;
    __builtin_ia32_pause();
  }
  return false;
}

}  // namespace

Result<uint64_t> next() {
  uint64_t first = 0, second = 0;
  // Some processors report success for a constant (all ones after a resume from suspend): two equal
  // numbers in a row do not happen by chance.
  if (!draw(first) || !draw(second) || first == second) return Errno(EIO);
  return second;
}

Result<void> fill(void* to, size_t size) {
  auto* bytes = static_cast<uint8_t*>(to);
  uint64_t previous = TRY(next());
  while (size > 0) {
    uint64_t value = 0;
    if (!draw(value) || value == previous) return Errno(EIO);
    previous = value;
    const size_t count = size < sizeof value ? size : sizeof value;
    memcpy(bytes, &value, count);
    bytes += count;
    size -= count;
  }
  return ok();
}

Result<uint64_t> below(uint64_t bound) { return TRY(next()) % bound; }

}  // namespace scone::random
