#include "sgx/sigstruct.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <string>

namespace scone::sgx {
namespace {

SigStruct read_sigstruct(const std::string& name) {
  SigStruct signature{};
  std::ifstream file(std::string(SCONE_VECTORS) + "/" + name, std::ios::binary);
  file.read(reinterpret_cast<char*>(&signature), sizeof signature);
  EXPECT_TRUE(file.good()) << name;
  return signature;
}

const SigningKey& test_key() {
  static SigningKey key = SigningKey::generate().take();
  return key;
}

Statement statement() {
  Statement s{};
  s.enclave_hash.fill(0x5a);
  s.attributes = {kAttributeMode64, kXfrmLegacy};
  s.attribute_mask = {~uint64_t{kAttributeDebug}, 0};
  s.misc_select = s.misc_mask = kMiscExInfo;
  s.isv_prod_id = 7;
  s.isv_svn = 3;
  s.date = 0x20240131;
  return s;
}

TEST(SigStruct, VerifiesForeignSignatures) {
  EXPECT_EQ(verify(read_sigstruct("test_enclave.sig")), kSuccess);
  EXPECT_EQ(verify(read_sigstruct("sig1.sigstruct.bin")), kSuccess);
}

TEST(SigStruct, MrSignerIsTheHashOfTheModulus) {
  MrSigner signer = mr_signer(read_sigstruct("sig1.sigstruct.bin"));
  const uint8_t first[] = {0x83, 0xd7, 0x19, 0xe7}, last[] = {0xce, 0x9e};
  EXPECT_EQ(std::memcmp(signer.data(), first, sizeof first), 0);
  EXPECT_EQ(std::memcmp(signer.data() + 30, last, sizeof last), 0);
}

TEST(SigStruct, SignedHereVerifiesAndSaysWhatWasStated) {
  SigStruct s = sign(statement(), test_key()).take();
  EXPECT_EQ(verify(s), kSuccess);
  EXPECT_EQ(s.enclave_hash[31], 0x5a);
  EXPECT_EQ(s.isv_prod_id, 7);
  EXPECT_EQ(s.isv_svn, 3);
  EXPECT_EQ(s.date, 0x20240131u);
}

// Every byte of the structure is either checked by value or covered by the signature.
TEST(SigStruct, AnyFlippedByteIsNoticed) {
  const SigStruct good = sign(statement(), test_key()).take();
  size_t flipped = 0;
  for (size_t at = 0; at < sizeof good; at += at < 128 || at >= 900 ? 1 : 13) {
    SigStruct bad = good;
    reinterpret_cast<uint8_t*>(&bad)[at] ^= 0x10;
    EXPECT_NE(verify(bad), kSuccess) << "byte " << at;
    ++flipped;
  }
  EXPECT_GT(flipped, 900u);
}

TEST(SigStruct, TellsAMalformedStructureFromABadSignature) {
  SigStruct s = sign(statement(), test_key()).take();
  SigStruct header = s, signature = s, huge = s;
  header.header[0] ^= 1;
  signature.signature[100] ^= 1;
  std::memset(huge.signature, 0xff, sizeof huge.signature);
  EXPECT_EQ(verify(header), kInvalidSigStruct);
  EXPECT_EQ(verify(signature), kInvalidSignature);
  EXPECT_EQ(verify(huge), kInvalidSignature);
  EXPECT_EQ(verify(SigStruct{}), kInvalidSigStruct);
}

TEST(SigStruct, AnotherAuthorCannotBeImpersonatedByReplacingTheModulus) {
  SigStruct s = sign(statement(), test_key()).take();
  SigStruct foreign = read_sigstruct("sig1.sigstruct.bin");
  std::memcpy(s.modulus, foreign.modulus, sizeof s.modulus);
  EXPECT_EQ(verify(s), kInvalidSignature);
}

TEST(SigningKey, SurvivesAFileAndIsReadableForItsOwnerOnly) {
  std::string path = testing::TempDir() + "/key-" + std::to_string(getpid()) + ".pem";
  unlink(path.c_str());
  ASSERT_TRUE(test_key().save(path).ok());
  EXPECT_EQ(test_key().save(path).error(), Errno(EEXIST));
  auto loaded = SigningKey::load(path);
  ASSERT_TRUE(loaded.ok());
  EXPECT_EQ(loaded.value().modulus(), test_key().modulus());
  unlink(path.c_str());
}

TEST(SigningKey, RefusesWhatIsNoSgxKey) {
  EXPECT_EQ(SigningKey::load("/nonexistent/key.pem").error(), Errno(ENOENT));
  EXPECT_EQ(SigningKey::load(std::string(SCONE_VECTORS) + "/README.md").error(), Errno(EINVAL));
}

}  // namespace
}  // namespace scone::sgx
