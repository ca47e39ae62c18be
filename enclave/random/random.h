// Random numbers from the processor: nothing that the host could choose.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/result.h"

namespace scone::random {

// RDRAND, NIST SP 800-90A. Any thread. They fail closed: EIO when the generator gives nothing or is stuck.
Result<uint64_t> next();
Result<void> fill(void* to, size_t size);

// Uniform enough for placing things: next() modulo bound. Precondition: bound > 0.
Result<uint64_t> below(uint64_t bound);

}  // namespace scone::random
