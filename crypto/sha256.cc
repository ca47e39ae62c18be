#include "crypto/sha256.h"

#include <linux/errno.h>
#include <openssl/evp.h>

#include "crypto/section.h"

namespace scone::crypto {

Result<Sha256Digest> sha256(std::initializer_list<std::span<const uint8_t>> parts) {
  const Section section;
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  if (!context) return Errno(ENOMEM);
  Sha256Digest digest;
  bool good = EVP_DigestInit_ex(context, EVP_sha256(), nullptr) == 1;
  for (const auto part : parts) good = good && EVP_DigestUpdate(context, part.data(), part.size()) == 1;
  good = good && EVP_DigestFinal_ex(context, digest.data(), nullptr) == 1;
  EVP_MD_CTX_free(context);
  if (!good) return Errno(ENOMEM);
  return digest;
}

}  // namespace scone::crypto
