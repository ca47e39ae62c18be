// HMAC-SHA256 (RFC 2104) and HKDF with it (RFC 5869): keys from keys.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <span>

#include "base/result.h"

namespace scone::crypto {

using KeyParts = std::initializer_list<std::span<const uint8_t>>;

// Of the parts one after the other. ENOMEM. Thread safe.
Result<void> hmac_sha256(std::span<const uint8_t> key, KeyParts parts, std::span<uint8_t, 32> mac);

// HKDF-Expand for at most 32 bytes: `key` is uniformly random already. EINVAL (more than 32 bytes), ENOMEM. Thread safe.
Result<void> hkdf_expand(std::span<const uint8_t> key, KeyParts info, std::span<uint8_t> output);

// HKDF-Extract and HKDF-Expand.
Result<void> hkdf(std::span<const uint8_t> salt, std::span<const uint8_t> secret, KeyParts info,
                  std::span<uint8_t> output);

}  // namespace scone::crypto
