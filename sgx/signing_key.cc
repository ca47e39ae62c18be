#include "sgx/signing_key.h"

#include <fcntl.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>

namespace scone::sgx {
namespace {

using Number = std::unique_ptr<BIGNUM, decltype(&BN_free)>;

Number parameter(const EVP_PKEY* key, const char* name) {
  BIGNUM* number = nullptr;
  EVP_PKEY_get_bn_param(key, name, &number);
  return Number(number, &BN_free);
}

bool is_sgx_key(const EVP_PKEY* key) {
  Number exponent = parameter(key, OSSL_PKEY_PARAM_RSA_E);
  return EVP_PKEY_get_bits(key) == kRsaBytes * 8 && exponent && BN_is_word(exponent.get(), 3);
}

}  // namespace

void SigningKey::FreeKey::operator()(evp_pkey_st* key) const { EVP_PKEY_free(key); }

Result<SigningKey> SigningKey::generate() {
  std::unique_ptr<EVP_PKEY_CTX, decltype(&EVP_PKEY_CTX_free)> context(
      EVP_PKEY_CTX_new_from_name(nullptr, "RSA", nullptr), &EVP_PKEY_CTX_free);
  Number three(BN_new(), &BN_free);
  EVP_PKEY* key = nullptr;
  if (!context || !three || !BN_set_word(three.get(), 3) || EVP_PKEY_keygen_init(context.get()) <= 0 ||
      EVP_PKEY_CTX_set_rsa_keygen_bits(context.get(), kRsaBytes * 8) <= 0 ||
      EVP_PKEY_CTX_set1_rsa_keygen_pubexp(context.get(), three.get()) <= 0 ||
      EVP_PKEY_generate(context.get(), &key) <= 0)
    return Errno(EIO);
  return SigningKey(key);
}

Result<SigningKey> SigningKey::load(const std::string& path) {
  std::unique_ptr<FILE, decltype(&fclose)> file(fopen(path.c_str(), "re"), &fclose);
  if (!file) return Errno(errno);
  SigningKey key(PEM_read_PrivateKey(file.get(), nullptr, nullptr, nullptr));
  if (!key.key_ || !is_sgx_key(key.key_.get())) return Errno(EINVAL);
  return key;
}

Result<void> SigningKey::save(const std::string& path) const {
  int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0) return Errno(errno);
  FILE* file = fdopen(fd, "w");
  bool written = PEM_write_PrivateKey(file, key_.get(), nullptr, nullptr, 0, nullptr, nullptr) == 1;
  written &= fclose(file) == 0;
  if (written) return ok();
  unlink(path.c_str());
  return Errno(EIO);
}

RsaNumber SigningKey::modulus() const {
  RsaNumber modulus{};
  Number n = parameter(key_.get(), OSSL_PKEY_PARAM_RSA_N);
  if (n) BN_bn2lebinpad(n.get(), modulus.data(), kRsaBytes);
  return modulus;
}

Result<RsaNumber> SigningKey::sign(std::span<const uint8_t> message) const {
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), &EVP_MD_CTX_free);
  RsaNumber signature;
  size_t size = signature.size();
  // RSA keys sign with PKCS #1 v1.5 padding unless told otherwise.
  if (!context ||
      EVP_DigestSignInit_ex(context.get(), nullptr, "SHA256", nullptr, nullptr, key_.get(), nullptr) != 1 ||
      EVP_DigestSign(context.get(), signature.data(), &size, message.data(), message.size()) != 1 ||
      size != kRsaBytes)
    return Errno(EIO);
  std::ranges::reverse(signature);
  return signature;
}

}  // namespace scone::sgx
