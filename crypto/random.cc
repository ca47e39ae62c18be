#include "crypto/random.h"

#include <linux/errno.h>
#include <openssl/rand.h>

#include "crypto/section.h"

namespace scone::crypto {

Result<void> random_bytes(std::span<uint8_t> into) {
  const Section section;
  if (RAND_bytes(into.data(), static_cast<int>(into.size())) != 1) return Errno(EIO);
  return ok();
}

}  // namespace scone::crypto
