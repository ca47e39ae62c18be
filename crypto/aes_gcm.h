// AES-GCM (NIST SP 800-38D) with 96-bit nonces and 128-bit tags.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

#include "base/result.h"

struct evp_cipher_ctx_st;  // OpenSSL's EVP_CIPHER_CTX

namespace scone::crypto {

inline constexpr size_t kNonceSize = 12;
inline constexpr size_t kGcmTagSize = 16;

using Nonce = std::span<const uint8_t, kNonceSize>;

// One key, expanded once: seal() and open() allocate nothing. Not thread safe. The key is wiped with the object.
//
// A nonce must never be used for two different messages under one key; whoever calls seal() answers for that.
class AesGcm {
 public:
  AesGcm() = default;
  AesGcm(AesGcm&& other) noexcept : context_(std::exchange(other.context_, nullptr)) {}
  AesGcm& operator=(AesGcm&& other) noexcept {
    std::swap(context_, other.context_);
    return *this;
  }
  ~AesGcm();

  // 16 or 32 bytes. EINVAL, ENOMEM.
  Result<void> set_key(std::span<const uint8_t> key);
  bool has_key() const { return context_ != nullptr; }

  // Encrypts `plain` to as many bytes at `sealed`, which may be the same memory or apart from it, but not otherwise overlap. `sealed`
  // and `tag` must be memory that nobody else changes meanwhile. Sizes up to 1 GiB. EIO if the library fails.
  // Precondition (all): has_key().
  Result<void> seal(Nonce nonce, std::span<const uint8_t> associated, std::span<const uint8_t> plain,
                    uint8_t* sealed, std::span<uint8_t, kGcmTagSize> tag);
  // EBADMSG if anything is not what seal() saw; the output is cleared then.
  Result<void> open(Nonce nonce, std::span<const uint8_t> associated, std::span<const uint8_t> sealed,
                    std::span<const uint8_t, kGcmTagSize> tag, uint8_t* plain);
  // GMAC: authentication of two parts without encryption.
  Result<void> authenticate(Nonce nonce, std::span<const uint8_t> first, std::span<const uint8_t> second,
                            std::span<uint8_t, kGcmTagSize> tag);
  // EBADMSG.
  Result<void> verify(Nonce nonce, std::span<const uint8_t> first, std::span<const uint8_t> second,
                      std::span<const uint8_t, kGcmTagSize> tag);

 private:
  evp_cipher_ctx_st* context_ = nullptr;
};

}  // namespace scone::crypto
