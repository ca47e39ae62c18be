// A start-up configuration as a file: a header and the encrypted, authenticated body (docs/formats/scf.md).
//
// This is how the body travels while there is no attestation. A channel that ends in an attested enclave carries the body
// itself, and nothing of this file is needed then.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "scf/configuration.h"
#include "scf/defect.h"

namespace scone::scf {

inline constexpr uint32_t kVersion = 1;
inline constexpr size_t kIdSize = 32;
inline constexpr size_t kHeaderSize = 16 + kIdSize;
inline constexpr size_t kAuthenticationTag = 16;
inline constexpr size_t kMaxFile = kHeaderSize + kMaxBody + kAuthenticationTag;

using Key = std::span<const uint8_t, kKeySize>;

constexpr size_t file_size(size_t body_size) { return kHeaderSize + body_size + kAuthenticationTag; }

// Encrypts. `id` are fresh random bytes: they make each file's key its own, so that no nonce repeats. Preconditions:
// body.size() <= kMaxBody, file.size() == file_size(body.size()). kNoCrypto.
Defect seal(Key key, std::span<const uint8_t, kIdSize> id, Bytes body, std::span<uint8_t> file);

// Bytes of the body of `file`, judging by its header alone. If `defect` is not kNone there is none.
size_t body_size(Bytes file, Defect& defect);

// Verifies and decrypts into `body`, whose size is body_size(file). Otherwise `body` is cleared.
Defect open(Key key, Bytes file, std::span<uint8_t> body);

}  // namespace scone::scf
