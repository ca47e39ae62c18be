#include "crypto/aes_gcm.h"

#include <linux/errno.h>
#include <openssl/evp.h>

#include <atomic>
#include <cstring>

#include "crypto/constant_time.h"
#include "crypto/fetch_once.h"
#include "crypto/section.h"

namespace scone::crypto {
namespace {

const EVP_CIPHER* cipher_for(size_t key_size) {
  static constinit std::atomic<EVP_CIPHER*> aes_128{nullptr};
  static constinit std::atomic<EVP_CIPHER*> aes_256{nullptr};
  return key_size == 16 ? fetch_once(aes_128, EVP_CIPHER_fetch, EVP_CIPHER_free, "AES-128-GCM")
                        : fetch_once(aes_256, EVP_CIPHER_fetch, EVP_CIPHER_free, "AES-256-GCM");
}

constexpr size_t kMaxSize = size_t{1} << 30;  // EVP counts in int

bool start(EVP_CIPHER_CTX* context, Nonce nonce, bool encrypt) {
  return EVP_CipherInit_ex(context, nullptr, nullptr, nullptr, nonce.data(), encrypt ? 1 : 0) == 1;
}

bool associate(EVP_CIPHER_CTX* context, std::span<const uint8_t> data) {
  int done = 0;
  return data.empty() ||
         EVP_CipherUpdate(context, nullptr, &done, data.data(), static_cast<int>(data.size())) == 1;
}

bool transform(EVP_CIPHER_CTX* context, std::span<const uint8_t> from, uint8_t* to) {
  int done = 0;
  return from.empty() ||
         EVP_CipherUpdate(context, to, &done, from.data(), static_cast<int>(from.size())) == 1;
}

bool finish(EVP_CIPHER_CTX* context) {
  uint8_t none[16];
  int done = 0;
  return EVP_CipherFinal_ex(context, none, &done) == 1;
}

bool take_tag(EVP_CIPHER_CTX* context, std::span<uint8_t, kGcmTagSize> tag) {
  return EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, kGcmTagSize, tag.data()) == 1;
}

bool expect_tag(EVP_CIPHER_CTX* context, std::span<const uint8_t, kGcmTagSize> tag) {
  // OpenSSL's interface lacks a const; it only reads.
  return EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, kGcmTagSize, const_cast<uint8_t*>(tag.data())) ==
         1;
}

}  // namespace

AesGcm::~AesGcm() {
  if (!context_) return;
  const Section section;
  EVP_CIPHER_CTX_free(context_);  // wipes the key
}

Result<void> AesGcm::set_key(std::span<const uint8_t> key) {
  if (key.size() != 16 && key.size() != 32) return Errno(EINVAL);
  const Section section;
  const EVP_CIPHER* cipher = cipher_for(key.size());
  EVP_CIPHER_CTX* context = cipher ? EVP_CIPHER_CTX_new() : nullptr;
  if (!context) return Errno(ENOMEM);
  if (EVP_CipherInit_ex(context, cipher, nullptr, key.data(), nullptr, 1) != 1) {
    EVP_CIPHER_CTX_free(context);
    return Errno(ENOMEM);
  }
  EVP_CIPHER_CTX_free(std::exchange(context_, context));
  return ok();
}

Result<void> AesGcm::seal(Nonce nonce, std::span<const uint8_t> associated, std::span<const uint8_t> plain,
                          uint8_t* sealed, std::span<uint8_t, kGcmTagSize> tag) {
  if (plain.size() > kMaxSize || associated.size() > kMaxSize) return Errno(EINVAL);
  const Section section;
  const bool good = start(context_, nonce, true) && associate(context_, associated) &&
                    transform(context_, plain, sealed) && finish(context_) && take_tag(context_, tag);
  if (!good) return Errno(EIO);
  return ok();
}

Result<void> AesGcm::open(Nonce nonce, std::span<const uint8_t> associated, std::span<const uint8_t> sealed,
                          std::span<const uint8_t, kGcmTagSize> tag, uint8_t* plain) {
  if (sealed.size() > kMaxSize || associated.size() > kMaxSize) return Errno(EINVAL);
  const Section section;
  const bool good = start(context_, nonce, false) && associate(context_, associated) &&
                    transform(context_, sealed, plain) && expect_tag(context_, tag) && finish(context_);
  if (good) return ok();
  if (!sealed.empty()) memset(plain, 0, sealed.size());
  return Errno(EBADMSG);
}

Result<void> AesGcm::authenticate(Nonce nonce, std::span<const uint8_t> first,
                                  std::span<const uint8_t> second, std::span<uint8_t, kGcmTagSize> tag) {
  if (first.size() > kMaxSize || second.size() > kMaxSize) return Errno(EINVAL);
  const Section section;
  const bool good = start(context_, nonce, true) && associate(context_, first) &&
                    associate(context_, second) && finish(context_) && take_tag(context_, tag);
  if (!good) return Errno(EIO);
  return ok();
}

Result<void> AesGcm::verify(Nonce nonce, std::span<const uint8_t> first, std::span<const uint8_t> second,
                            std::span<const uint8_t, kGcmTagSize> tag) {
  uint8_t computed[kGcmTagSize];
  TRY(authenticate(nonce, first, second, computed));
  if (!equal(computed, tag)) return Errno(EBADMSG);
  return ok();
}

}  // namespace scone::crypto
