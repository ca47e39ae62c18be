#include "sgx/measurement.h"

#include <gtest/gtest.h>

#include <cstring>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace scone::sgx {
namespace {

std::vector<uint8_t> read_vector(const std::string& name) {
  std::ifstream file(std::string(SCONE_VECTORS) + "/" + name, std::ios::binary);
  EXPECT_TRUE(file.good()) << name;
  return {std::istreambuf_iterator<char>(file), {}};
}

template <typename T>
T load(const std::vector<uint8_t>& bytes, size_t at) {
  T value;
  std::memcpy(&value, bytes.data() + at, sizeof value);
  return value;
}

// Replays the records of an SGXS stream through our own functions.
MrEnclave measure_stream(const std::vector<uint8_t>& stream) {
  EXPECT_EQ(std::memcmp(stream.data(), "ECREATE", 8), 0);
  Measurement measurement(load<uint32_t>(stream, 8), load<uint64_t>(stream, 12));
  for (size_t at = 64; at < stream.size();) {
    std::string tag(reinterpret_cast<const char*>(&stream[at]));
    auto offset = load<uint64_t>(stream, at + 8);
    if (tag == "EADD") {
      measurement.add(offset, SecInfo{load<uint64_t>(stream, at + 16), {}});
      at += 64;
    } else {
      EXPECT_EQ(tag, "EEXTEND");
      measurement.extend(offset, ExtendBytes(&stream[at + 64], kExtendChunk));
      at += 64 + kExtendChunk;
    }
  }
  return measurement.value();
}

TEST(Measurement, OfAForeignEnclaveIsTheHashItsAuthorSigned) {
  auto signature = load<SigStruct>(read_vector("test_enclave.sig"), 0);
  MrEnclave value = measure_stream(read_vector("test_enclave.sgxs"));
  EXPECT_EQ(std::memcmp(value.data(), signature.enclave_hash, value.size()), 0);
}

TEST(Measurement, AWholePageIsItsEaddFollowedBySixteenEextends) {
  std::vector<uint8_t> page(kPageSize);
  for (size_t i = 0; i < page.size(); ++i) page[i] = static_cast<uint8_t>(i * 7 + i / 256);
  SecInfo info = make_sec_info(kSecInfoR | kSecInfoX, kPtReg);
  Measurement whole(1, 1 << 20), pieces(1, 1 << 20), unmeasured(1, 1 << 20), added(1, 1 << 20);
  whole.add_page(0x3000, info, PageBytes(page), true);
  pieces.add(0x3000, info);
  for (size_t at = 0; at < kPageSize; at += kExtendChunk)
    pieces.extend(0x3000 + at, ExtendBytes(&page[at], kExtendChunk));
  unmeasured.add_page(0x3000, info, PageBytes(page), false);
  added.add(0x3000, info);
  EXPECT_EQ(whole.value(), pieces.value());
  EXPECT_EQ(unmeasured.value(), added.value());
  EXPECT_NE(whole.value(), unmeasured.value());
}

TEST(Measurement, DependsOnSizeFrameOffsetAndPermissions) {
  MrEnclave base = Measurement(1, 1 << 20).value();
  EXPECT_NE(base, Measurement(1, 1 << 21).value());
  EXPECT_NE(base, Measurement(2, 1 << 20).value());
  auto with = [](uint64_t offset, uint64_t flags) {
    Measurement m(1, 1 << 20);
    m.add(offset, make_sec_info(flags, kPtReg));
    return m.value();
  };
  EXPECT_NE(with(0, kSecInfoR), with(0x1000, kSecInfoR));
  EXPECT_NE(with(0, kSecInfoR), with(0, kSecInfoR | kSecInfoW));
}

TEST(Measurement, IgnoresThePermissionsOfATcs) {
  Measurement with(1, 1 << 20), without(1, 1 << 20);
  with.add(0, make_sec_info(kSecInfoR | kSecInfoW, kPtTcs));
  without.add(0, make_sec_info(0, kPtTcs));
  EXPECT_EQ(with.value(), without.value());
}

}  // namespace
}  // namespace scone::sgx
