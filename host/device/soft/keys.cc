#include "host/device/soft/keys.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <sys/random.h>

#include <cstdlib>

namespace scone::host::soft {
namespace {
constexpr Key kRootKey = {'S', 'C', 'O', 'N', 'E', ' ', 's', 'o', 'f', 't', 'w', 'a', 'r', 'e', ' ', '1'};
}

void Keys::FreeMac::operator()(evp_mac_st* mac) const { EVP_MAC_free(mac); }

// Not RAND_bytes: 32 bytes are not worth the start of OpenSSL's generators (0.5 ms).
Keys::Keys() : cmac_(EVP_MAC_fetch(nullptr, "CMAC", nullptr)) {
  const ssize_t size = getrandom(report_key_id_.data(), report_key_id_.size(), 0);
  if (!cmac_ || size != static_cast<ssize_t>(report_key_id_.size())) abort();
}

Keys::~Keys() = default;

Key Keys::mac(const Key& key, std::span<const uint8_t> message) const {
  char cipher[] = "AES-128-CBC";
  const OSSL_PARAM parameters[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_CIPHER, cipher, sizeof cipher - 1),
      OSSL_PARAM_construct_end()};
  std::unique_ptr<EVP_MAC_CTX, decltype(&EVP_MAC_CTX_free)> context(EVP_MAC_CTX_new(cmac_.get()),
                                                                    &EVP_MAC_CTX_free);
  Key result;
  size_t size = 0;
  if (!context || EVP_MAC_init(context.get(), key.data(), key.size(), parameters) != 1 ||
      EVP_MAC_update(context.get(), message.data(), message.size()) != 1 ||
      EVP_MAC_final(context.get(), result.data(), &size, result.size()) != 1)
    abort();
  return result;
}

Key Keys::derive(const KeyDependencies& dependencies) const {
  return mac(kRootKey, {reinterpret_cast<const uint8_t*>(&dependencies), sizeof dependencies});
}

}  // namespace scone::host::soft
