// Comparing secrets in a time that does not depend on where they differ.
#pragma once

#include <cstdint>
#include <span>

namespace scone::crypto {

bool equal(std::span<const uint8_t> a, std::span<const uint8_t> b);

}  // namespace scone::crypto
