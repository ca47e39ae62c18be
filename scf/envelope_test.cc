#include "scf/envelope.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace scone::scf {
namespace {

const std::vector<uint8_t> kKey(kKeySize, 0x11), kOtherKey(kKeySize, 0x12), kId(kIdSize, 0x33);
const std::string kText = "the body of a configuration";

Key key(const std::vector<uint8_t>& bytes) { return Key(bytes.data(), kKeySize); }

std::vector<uint8_t> sealed(uint8_t id = 0x33) {
  const std::vector<uint8_t> ids(kIdSize, id), body(kText.begin(), kText.end());
  std::vector<uint8_t> file(file_size(body.size()));
  EXPECT_EQ(seal(key(kKey), std::span<const uint8_t, kIdSize>(ids.data(), kIdSize), body, file),
            Defect::kNone);
  return file;
}

Defect opened(const std::vector<uint8_t>& file, std::string* text = nullptr,
              const std::vector<uint8_t>& with = kKey) {
  Defect defect;
  std::vector<uint8_t> body(body_size(file, defect));
  if (defect != Defect::kNone) return defect;
  defect = open(key(with), file, body);
  if (text) text->assign(body.begin(), body.end());
  return defect;
}

TEST(ScfEnvelope, OpensWithItsKeyOnly) {
  std::string text;
  EXPECT_EQ(opened(sealed(), &text), Defect::kNone);
  EXPECT_EQ(text, kText);
  EXPECT_EQ(opened(sealed(), &text, kOtherKey), Defect::kNotAuthentic);
  EXPECT_EQ(text, std::string(kText.size(), '\0')) << "what was not authentic must not be seen";
}

TEST(ScfEnvelope, ConfidesNothing) {
  const std::vector<uint8_t> file = sealed();
  EXPECT_EQ(std::string(file.begin(), file.end()).find("body"), std::string::npos);
  EXPECT_NE(sealed(1), sealed(2));
}

// The layout that docs/formats/scf.md states.
TEST(ScfEnvelope, GoldenLayout) {
  const std::vector<uint8_t> file = sealed();
  EXPECT_EQ(std::string(file.begin(), file.begin() + 8), "SCONESCF");
  EXPECT_EQ(file[8], 1);
  EXPECT_EQ(file[12], kText.size());
  EXPECT_TRUE(std::equal(kId.begin(), kId.end(), file.begin() + 16));
  EXPECT_EQ(file.size(), 48 + kText.size() + 16);
}

TEST(ScfEnvelopeAttack, EveryFlippedBit) {
  for (size_t bit = 0; bit < sealed().size() * 8; ++bit) {
    std::vector<uint8_t> file = sealed();
    file[bit / 8] ^= static_cast<uint8_t>(1 << bit % 8);
    EXPECT_NE(opened(file), Defect::kNone) << bit;
  }
}

TEST(ScfEnvelopeAttack, EveryTruncationAndExtension) {
  const std::vector<uint8_t> file = sealed();
  for (size_t size = 0; size < file.size(); ++size)
    EXPECT_NE(opened({file.begin(), file.begin() + static_cast<ptrdiff_t>(size)}), Defect::kNone) << size;
  std::vector<uint8_t> longer = file;
  longer.push_back(0);
  EXPECT_EQ(opened(longer), Defect::kOtherSize);
}

TEST(ScfEnvelopeAttack, SplicedFromTwoFiles) {
  const std::vector<uint8_t> one = sealed(1), two = sealed(2);
  for (size_t at : {16u, 48u, 60u}) {
    std::vector<uint8_t> mixed(one.begin(), one.begin() + static_cast<ptrdiff_t>(at));
    mixed.insert(mixed.end(), two.begin() + static_cast<ptrdiff_t>(at), two.end());
    EXPECT_EQ(opened(mixed), at == 16 ? Defect::kNone : Defect::kNotAuthentic)
        << at;  // 16: file two, unchanged
  }
}

TEST(ScfEnvelope, NamesWhatIsWrong) {
  std::vector<uint8_t> file = sealed();
  file[8] = 0;
  EXPECT_EQ(opened(file), Defect::kOtherVersion);
  EXPECT_EQ(opened({'h', 'e', 'l', 'l', 'o', ' ', 'y', 'o', 'u'}), Defect::kNotScf);
  EXPECT_EQ(opened({}), Defect::kNotScf);
  file = sealed();
  file[15] = 0x7f;
  EXPECT_EQ(opened(file), Defect::kTooLarge);
}

}  // namespace
}  // namespace scone::scf
