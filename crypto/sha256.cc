#include "crypto/sha256.h"

#include <linux/errno.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>

#include <atomic>

#include "crypto/fetch_once.h"
#include "crypto/section.h"

namespace scone::crypto {
namespace {

const EVP_MD* algorithm() {
  static constinit std::atomic<EVP_MD*> fetched{nullptr};
  return fetch_once(fetched, EVP_MD_fetch, EVP_MD_free, OSSL_DIGEST_NAME_SHA2_256);
}

}  // namespace

Result<Sha256Digest> sha256(std::initializer_list<std::span<const uint8_t>> parts) {
  const Section section;
  const EVP_MD* sha = algorithm();
  EVP_MD_CTX* context = sha ? EVP_MD_CTX_new() : nullptr;
  if (!context) return Errno(ENOMEM);
  Sha256Digest digest;
  bool good = EVP_DigestInit_ex(context, sha, nullptr) == 1;
  for (const auto part : parts) good = good && EVP_DigestUpdate(context, part.data(), part.size()) == 1;
  good = good && EVP_DigestFinal_ex(context, digest.data(), nullptr) == 1;
  EVP_MD_CTX_free(context);
  if (!good) return Errno(ENOMEM);
  return digest;
}

}  // namespace scone::crypto
