#include "sgx/sigstruct.h"

#include <openssl/bn.h>
#include <openssl/evp.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>

namespace scone::sgx {
namespace {

constexpr uint8_t kHeader[16] = {6, 0, 0, 0, 0xe1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0};
constexpr uint8_t kHeader2[16] = {1, 1, 0, 0, 0x60, 0, 0, 0, 0x60, 0, 0, 0, 1, 0, 0, 0};
constexpr uint32_t kVendorIntel = 0x8086;

// DER prefix of a SHA-256 DigestInfo (RFC 8017, section 9.2, note 1).
constexpr uint8_t kDigestInfo[] = {0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01,
                                   0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20};

// The two parts that the signature covers: bytes 0-127 and 900-1027.
constexpr size_t kSignedHead = offsetof(SigStruct, modulus);
constexpr size_t kSignedTailAt = offsetof(SigStruct, misc_select);
constexpr size_t kSignedTail = offsetof(SigStruct, reserved4) - kSignedTailAt;

std::array<uint8_t, kSignedHead + kSignedTail> signed_bytes(const SigStruct& s) {
  const auto* bytes = reinterpret_cast<const uint8_t*>(&s);
  std::array<uint8_t, kSignedHead + kSignedTail> message;
  std::memcpy(message.data(), bytes, kSignedHead);
  std::memcpy(message.data() + kSignedHead, bytes + kSignedTailAt, kSignedTail);
  return message;
}

std::array<uint8_t, 32> sha256(std::span<const uint8_t> bytes) {
  std::array<uint8_t, 32> digest{};
  EVP_Digest(bytes.data(), bytes.size(), digest.data(), nullptr, EVP_sha256(), nullptr);
  return digest;
}

// EMSA-PKCS1-v1_5 (RFC 8017, section 9.2), as the little-endian number that signature³ mod n must be.
RsaNumber padded_digest(const SigStruct& s) {
  RsaNumber message;
  message.fill(0xff);
  message[0] = 0;
  message[1] = 1;
  auto digest = sha256(signed_bytes(s));
  uint8_t* digest_at = message.data() + kRsaBytes - digest.size();
  uint8_t* info_at = digest_at - sizeof kDigestInfo;
  info_at[-1] = 0;
  std::ranges::copy(kDigestInfo, info_at);
  std::ranges::copy(digest, digest_at);
  std::ranges::reverse(message);
  return message;
}

struct Cube {
  RsaNumber q1, q2, remainder;
};

// q1 = ⌊s² / n⌋, q2 = ⌊s · (s² mod n) / n⌋, and s³ mod n, so that a verifier needs no division.
// nullopt if n is zero, s ≥ n, or memory ran out.
std::optional<Cube> cube(const uint8_t* signature, const uint8_t* modulus) {
  std::unique_ptr<BN_CTX, decltype(&BN_CTX_free)> context(BN_CTX_new(), &BN_CTX_free);
  if (!context) return std::nullopt;
  BN_CTX* c = context.get();
  BN_CTX_start(c);
  BIGNUM *s = BN_CTX_get(c), *n = BN_CTX_get(c), *product = BN_CTX_get(c), *q1 = BN_CTX_get(c),
         *q2 = BN_CTX_get(c), *remainder = BN_CTX_get(c);
  Cube result{};
  bool good = remainder && BN_lebin2bn(signature, kRsaBytes, s) && BN_lebin2bn(modulus, kRsaBytes, n) &&
              BN_cmp(s, n) < 0 && BN_sqr(product, s, c) && BN_div(q1, remainder, product, n, c) &&
              BN_mul(product, s, remainder, c) && BN_div(q2, remainder, product, n, c) &&
              BN_bn2lebinpad(q1, result.q1.data(), kRsaBytes) >= 0 &&
              BN_bn2lebinpad(q2, result.q2.data(), kRsaBytes) >= 0 &&
              BN_bn2lebinpad(remainder, result.remainder.data(), kRsaBytes) >= 0;
  BN_CTX_end(c);
  if (!good) return std::nullopt;
  return result;
}

bool all_zero(std::span<const uint8_t> bytes) {
  return std::ranges::all_of(bytes, [](uint8_t byte) { return byte == 0; });
}

bool fixed_fields_hold(const SigStruct& s) {
  return std::ranges::equal(s.header, kHeader) && std::ranges::equal(s.header2, kHeader2) &&
         (s.vendor == 0 || s.vendor == kVendorIntel) && s.exponent == 3 && all_zero(s.reserved1) &&
         all_zero(s.reserved2) && all_zero(s.reserved3) && all_zero(s.reserved4);
}

}  // namespace

Result<SigStruct> sign(const Statement& statement, const SigningKey& key) {
  SigStruct s{};
  std::ranges::copy(kHeader, s.header);
  std::ranges::copy(kHeader2, s.header2);
  s.date = statement.date;
  s.exponent = 3;
  s.misc_select = statement.misc_select;
  s.misc_mask = statement.misc_mask;
  s.attributes = statement.attributes;
  s.attribute_mask = statement.attribute_mask;
  s.isv_prod_id = statement.isv_prod_id;
  s.isv_svn = statement.isv_svn;
  std::ranges::copy(statement.enclave_hash, s.enclave_hash);
  std::ranges::copy(key.modulus(), s.modulus);
  std::ranges::copy(TRY(key.sign(signed_bytes(s))), s.signature);
  std::optional<Cube> cubed = cube(s.signature, s.modulus);
  if (!cubed) return Errno(EIO);
  std::ranges::copy(cubed->q1, s.q1);
  std::ranges::copy(cubed->q2, s.q2);
  return s;
}

Error verify(const SigStruct& signature) {
  if (!fixed_fields_hold(signature)) return kInvalidSigStruct;
  std::optional<Cube> cubed = cube(signature.signature, signature.modulus);
  bool good = cubed && cubed->remainder == padded_digest(signature) &&
              std::ranges::equal(cubed->q1, signature.q1) && std::ranges::equal(cubed->q2, signature.q2);
  return good ? kSuccess : kInvalidSignature;
}

MrSigner mr_signer(const SigStruct& signature) { return sha256(signature.modulus); }

}  // namespace scone::sgx
