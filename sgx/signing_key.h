// An enclave author's RSA-3072 key with public exponent 3, the only kind SGX knows
// (SDM vol. 3D, "SIGSTRUCT").
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "base/result.h"

struct evp_pkey_st;

namespace scone::sgx {

inline constexpr size_t kRsaBytes = 384;
using RsaNumber = std::array<uint8_t, kRsaBytes>;  // little endian, as in SIGSTRUCT

class SigningKey {
 public:
  // A fresh key. Takes in the order of a second.
  static Result<SigningKey> generate();
  // From a PEM file. ENOENT, EACCES; EINVAL if it holds no RSA-3072 key with exponent 3.
  static Result<SigningKey> load(const std::string& path);
  // Writes the private key as PEM, readable for its owner only; never replaces a file (EEXIST).
  Result<void> save(const std::string& path) const;

  RsaNumber modulus() const;
  // PKCS #1 v1.5 with SHA-256 over `message`. EIO if OpenSSL refuses.
  Result<RsaNumber> sign(std::span<const uint8_t> message) const;

 private:
  struct FreeKey {
    void operator()(evp_pkey_st* key) const;
  };
  explicit SigningKey(evp_pkey_st* key) : key_(key) {}
  std::unique_ptr<evp_pkey_st, FreeKey> key_;
};

}  // namespace scone::sgx
