// SHA-256 (FIPS 180-4).
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <span>

#include "base/result.h"

namespace scone::crypto {

using Sha256Digest = std::array<uint8_t, 32>;

// Of the parts one after the other. ENOMEM. Thread safe.
Result<Sha256Digest> sha256(std::initializer_list<std::span<const uint8_t>> parts);

}  // namespace scone::crypto
