// Known answers from the standards, and what the wrappers add to the library.
#include <gtest/gtest.h>
#include <linux/errno.h>

#include <cstring>
#include <string>
#include <vector>

#include "crypto/aes_gcm.h"
#include "crypto/constant_time.h"
#include "crypto/hkdf.h"
#include "crypto/random.h"
#include "crypto/sha256.h"
#include "crypto/wipe.h"

namespace scone::crypto {
namespace {

std::vector<uint8_t> from_hex(std::string_view hex) {
  std::vector<uint8_t> bytes;
  for (size_t i = 0; i < hex.size(); i += 2)
    bytes.push_back(static_cast<uint8_t>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16)));
  return bytes;
}

// The GCM specification (McGrew, Viega), test cases 16 (AES-256) and 4 (AES-128).
const auto kPlain = from_hex(
    "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5"
    "aa0de657ba637b39");
const auto kAssociated = from_hex("feedfacedeadbeeffeedfacedeadbeefabaddad2");
const auto kNonce = from_hex("cafebabefacedbaddecaf888");

Nonce nonce_of(const std::vector<uint8_t>& bytes) { return Nonce(bytes.data(), kNonceSize); }

struct Case {
  const char *key, *sealed, *tag;
} const kCases[] = {
    {"feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308",
     "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6"
     "393ba7a0abcc9f662",
     "76fc6ece0f4e1768cddf8853bb2d551b"},
    {"feffe9928665731c6d6a8f9467308308",
     "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e21d514b25466931c7d8f6a5aac84aa051ba30b3"
     "96a0aac973d58e091",
     "5bc94fbc3221a5db94fae95ae7121a47"},
};

TEST(AesGcm, KnownAnswersInEitherDirectionOnOneContext) {
  for (const Case& answer : kCases) {
    AesGcm gcm;
    ASSERT_TRUE(gcm.set_key(from_hex(answer.key)).ok());
    for (int round = 0; round < 3; ++round) {
      std::vector<uint8_t> sealed(kPlain.size()), opened(kPlain.size());
      uint8_t tag[16];
      ASSERT_TRUE(gcm.seal(nonce_of(kNonce), kAssociated, kPlain, sealed.data(), tag).ok());
      EXPECT_EQ(sealed, from_hex(answer.sealed));
      EXPECT_EQ(std::vector<uint8_t>(tag, tag + 16), from_hex(answer.tag));
      ASSERT_TRUE(gcm.open(nonce_of(kNonce), kAssociated, sealed, tag, opened.data()).ok());
      EXPECT_EQ(opened, kPlain);
      ASSERT_TRUE(gcm.open(nonce_of(kNonce), kAssociated, sealed, tag, sealed.data()).ok());  // in place
      EXPECT_EQ(sealed, kPlain);
    }
  }
}

TEST(AesGcm, EveryChangedBitIsFoundAndNothingIsGivenOut) {
  AesGcm gcm;
  ASSERT_TRUE(gcm.set_key(from_hex(kCases[0].key)).ok());
  std::vector<uint8_t> message = from_hex(std::string(kCases[0].sealed) + kCases[0].tag);
  for (size_t bit = 0; bit < message.size() * 8; ++bit) {
    auto changed = message;
    changed[bit / 8] ^= static_cast<uint8_t>(1 << (bit % 8));
    std::vector<uint8_t> opened(kPlain.size(), 0xee);
    const auto result = gcm.open(nonce_of(kNonce), kAssociated, std::span(changed).first(kPlain.size()),
                                 std::span(changed).last<16>(), opened.data());
    ASSERT_FALSE(result.ok());
    EXPECT_EQ(result.error(), Errno(EBADMSG));
    EXPECT_EQ(opened, std::vector<uint8_t>(kPlain.size(), 0));
  }
}

TEST(AesGcm, AuthenticationWithoutEncryptionJoinsItsParts) {
  AesGcm gcm;
  ASSERT_TRUE(gcm.set_key(from_hex(kCases[0].key)).ok());
  uint8_t split[16], sealed[16];
  ASSERT_TRUE(
      gcm.authenticate(nonce_of(kNonce), std::span(kPlain).first(7), std::span(kPlain).subspan(7), split)
          .ok());
  ASSERT_TRUE(gcm.seal(nonce_of(kNonce), kPlain, {}, nullptr, sealed).ok());
  EXPECT_TRUE(equal(split, sealed));
  EXPECT_TRUE(gcm.verify(nonce_of(kNonce), kPlain, {}, split).ok());
  split[3] ^= 1;
  EXPECT_EQ(gcm.verify(nonce_of(kNonce), kPlain, {}, split).error(), Errno(EBADMSG));
}

TEST(AesGcm, OtherKeySizesAreRefused) {
  AesGcm gcm;
  EXPECT_EQ(gcm.set_key(std::vector<uint8_t>(24)).error(), Errno(EINVAL));
  EXPECT_FALSE(gcm.has_key());
}

TEST(Hkdf, Rfc5869TestCases1And3) {
  const std::vector<uint8_t> secret(22, 0x0b);
  std::vector<uint8_t> output(32);
  ASSERT_TRUE(hkdf(from_hex("000102030405060708090a0b0c"), secret,
                   {from_hex("f0f1f2f3f4"), from_hex("f5f6f7f8f9")}, output)
                  .ok());
  EXPECT_EQ(output, from_hex("3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf"));
  ASSERT_TRUE(hkdf({}, secret, {}, output).ok());
  EXPECT_EQ(output, from_hex("8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d"));
  std::vector<uint8_t> long_output(33);
  EXPECT_EQ(hkdf({}, secret, {}, long_output).error(), Errno(EINVAL));
}

TEST(Hmac, Rfc4231TestCase2) {
  const std::string key = "Jefe", first = "what do ya want ", second = "for nothing?";
  const auto bytes = [](const std::string& text) {
    return std::span(reinterpret_cast<const uint8_t*>(text.data()), text.size());
  };
  uint8_t mac[32];
  ASSERT_TRUE(hmac_sha256(bytes(key), {bytes(first), bytes(second)}, mac).ok());
  EXPECT_EQ(std::vector<uint8_t>(mac, mac + 32),
            from_hex("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"));
}

TEST(Sha256, OfAbcInParts) {
  const uint8_t a[] = {'a'}, bc[] = {'b', 'c'};
  const auto digest = sha256({a, bc});
  ASSERT_TRUE(digest.ok());
  EXPECT_EQ(std::vector<uint8_t>(digest.value().begin(), digest.value().end()),
            from_hex("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"));
}

TEST(Random, DoesNotRepeat) {
  uint8_t a[32] = {}, b[32] = {};
  ASSERT_TRUE(random_bytes(a).ok());
  ASSERT_TRUE(random_bytes(b).ok());
  EXPECT_NE(memcmp(a, b, 32), 0);
}

TEST(Secret, IsWipedWhenItGoes) {
  alignas(Secret<32>) uint8_t memory[sizeof(Secret<32>)];
  auto* secret = new (memory) Secret<32>;
  memset(secret->bytes().data(), 0x77, 32);
  secret->~Secret();
  for (const uint8_t byte : memory) EXPECT_EQ(byte, 0);
}

}  // namespace
}  // namespace scone::crypto
