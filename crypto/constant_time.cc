#include "crypto/constant_time.h"

#include <openssl/crypto.h>

namespace scone::crypto {

// Assembly over general registers: needs no Section. The same holds for wipe().
bool equal(std::span<const uint8_t> a, std::span<const uint8_t> b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace scone::crypto
