// Bytes that nobody can predict.
#pragma once

#include <cstdint>
#include <span>

#include "base/result.h"

namespace scone::crypto {

// EIO when the source has failed. Thread safe.
Result<void> random_bytes(std::span<uint8_t> into);

}  // namespace scone::crypto
