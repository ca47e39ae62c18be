#include "crypto/hkdf.h"

#include <linux/errno.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include <atomic>
#include <cstring>

#include "crypto/fetch_once.h"
#include "crypto/section.h"
#include "crypto/wipe.h"

namespace scone::crypto {
namespace {

EVP_MAC* hmac() {
  static constinit std::atomic<EVP_MAC*> fetched{nullptr};
  return fetch_once(fetched, EVP_MAC_fetch, EVP_MAC_free, OSSL_MAC_NAME_HMAC);
}

bool compute(EVP_MAC_CTX* context, std::span<const uint8_t> key, KeyParts parts, std::span<const uint8_t> end,
             std::span<uint8_t, 32> mac) {
  char digest[] = OSSL_DIGEST_NAME_SHA2_256;
  const OSSL_PARAM parameters[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
                                   OSSL_PARAM_construct_end()};
  // HMAC pads a key with zeros, so no key at all and 32 zero bytes are the same (RFC 5869, 2.2); OpenSSL wants a pointer.
  static constexpr uint8_t kZeros[32] = {};
  if (key.empty()) key = kZeros;
  if (EVP_MAC_init(context, key.data(), key.size(), parameters) != 1) return false;
  for (const auto part : parts)
    if (EVP_MAC_update(context, part.data(), part.size()) != 1) return false;
  if (EVP_MAC_update(context, end.data(), end.size()) != 1) return false;
  size_t size = 0;
  return EVP_MAC_final(context, mac.data(), &size, mac.size()) == 1 && size == mac.size();
}

Result<void> hmac_with_end(std::span<const uint8_t> key, KeyParts parts, std::span<const uint8_t> end,
                           std::span<uint8_t, 32> mac) {
  const Section section;
  EVP_MAC* algorithm = hmac();
  EVP_MAC_CTX* context = algorithm ? EVP_MAC_CTX_new(algorithm) : nullptr;
  if (!context) return Errno(ENOMEM);
  const bool good = compute(context, key, parts, end, mac);
  EVP_MAC_CTX_free(context);  // wipes the key
  if (!good) return Errno(ENOMEM);
  return ok();
}

}  // namespace

Result<void> hmac_sha256(std::span<const uint8_t> key, KeyParts parts, std::span<uint8_t, 32> mac) {
  return hmac_with_end(key, parts, {}, mac);
}

Result<void> hkdf_expand(std::span<const uint8_t> key, KeyParts info, std::span<uint8_t> output) {
  if (output.size() > 32) return Errno(EINVAL);
  static constexpr uint8_t kFirstBlock[1] = {1};
  Secret<32> block;
  TRY(hmac_with_end(key, info, kFirstBlock, block.bytes()));
  memcpy(output.data(), block.bytes().data(), output.size());
  return ok();
}

Result<void> hkdf(std::span<const uint8_t> salt, std::span<const uint8_t> secret, KeyParts info,
                  std::span<uint8_t> output) {
  Secret<32> extracted;
  TRY(hmac_sha256(salt, {secret}, extracted.bytes()));
  return hkdf_expand(extracted.bytes(), info, output);
}

}  // namespace scone::crypto
