#include "scf/envelope.h"

#include <linux/errno.h>

#include "crypto/aes_gcm.h"
#include "crypto/hkdf.h"
#include "crypto/wipe.h"

namespace scone::scf {
namespace {

constexpr uint8_t kMagic[8] = {'S', 'C', 'O', 'N', 'E', 'S', 'C', 'F'};
constexpr uint8_t kInfo[] = {'S', 'C', 'O', 'N', 'E', ' ', 'S', 'C', 'F', ' ', 'v', '1'};

uint32_t load32(const uint8_t* from) {
  uint32_t value;
  __builtin_memcpy(&value, from, sizeof value);
  return value;
}

void write_header(std::span<const uint8_t, kIdSize> id, size_t body_size, uint8_t* to) {
  const uint32_t words[2] = {kVersion, static_cast<uint32_t>(body_size)};
  __builtin_memcpy(to, kMagic, sizeof kMagic);
  __builtin_memcpy(to + 8, words, sizeof words);
  __builtin_memcpy(to + 16, id.data(), kIdSize);
}

// The cipher of one file: the owner's key may serve for many.
Result<crypto::AesGcm> file_cipher(Key key, const uint8_t* id) {
  crypto::Secret<kKeySize> file_key;
  TRY(crypto::hkdf(Bytes(id, kIdSize), key, {Bytes(kInfo)}, file_key.bytes()));
  crypto::AesGcm cipher;
  TRY(cipher.set_key(file_key.bytes()));
  return cipher;
}

// A file's key seals one message, so its nonce need not vary.
constexpr uint8_t kNonce[crypto::kNonceSize] = {};

}  // namespace

Defect seal(Key key, std::span<const uint8_t, kIdSize> id, Bytes body, std::span<uint8_t> file) {
  if (body.size() > kMaxBody || file.size() != file_size(body.size())) return Defect::kTooLarge;
  write_header(id, body.size(), file.data());
  Result<crypto::AesGcm> cipher = file_cipher(key, id.data());
  if (!cipher.ok()) return Defect::kNoCrypto;
  uint8_t* sealed = file.data() + kHeaderSize;
  const std::span<uint8_t, kAuthenticationTag> tag(sealed + body.size(), kAuthenticationTag);
  const bool done = cipher.value().seal(kNonce, file.first(kHeaderSize), body, sealed, tag).ok();
  return done ? Defect::kNone : Defect::kNoCrypto;
}

size_t body_size(Bytes file, Defect& defect) {
  defect = Defect::kNotScf;
  if (file.size() < sizeof kMagic || __builtin_memcmp(file.data(), kMagic, sizeof kMagic) != 0) return 0;
  defect = Defect::kOtherSize;
  if (file.size() < file_size(0)) return 0;
  defect = Defect::kOtherVersion;
  if (load32(file.data() + 8) != kVersion) return 0;
  const size_t size = load32(file.data() + 12);
  defect = Defect::kTooLarge;
  if (size > kMaxBody) return 0;
  defect = file.size() == file_size(size) ? Defect::kNone : Defect::kOtherSize;
  return defect == Defect::kNone ? size : 0;
}

Defect open(Key key, Bytes file, std::span<uint8_t> body) {
  Defect defect;
  const size_t size = body_size(file, defect);
  if (defect == Defect::kNone && body.size() != size) defect = Defect::kOtherSize;
  if (defect != Defect::kNone) {
    crypto::wipe(body.data(), body.size());
    return defect;
  }
  Result<crypto::AesGcm> cipher = file_cipher(key, file.data() + 16);
  if (!cipher.ok()) return Defect::kNoCrypto;
  const Bytes sealed = file.subspan(kHeaderSize, size);
  const std::span<const uint8_t, kAuthenticationTag> tag(file.data() + kHeaderSize + size,
                                                         kAuthenticationTag);
  const Result<void> opened = cipher.value().open(kNonce, file.first(kHeaderSize), sealed, tag, body.data());
  if (opened.ok()) return Defect::kNone;
  return opened.error() == Errno(EBADMSG) ? Defect::kNotAuthentic : Defect::kNoCrypto;
}

}  // namespace scone::scf
