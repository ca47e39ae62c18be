// The image loader: what it makes of the test enclave, and what it refuses.
#include "host/runner/image.h"

#include <elf.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>

#include "host/runner/development_signing.h"
#include "sgx/sigstruct.h"
#include "tests/sgx/test_machine.h"

namespace scone::test {
namespace {

using host::Image;
using host::ImageParameters;
using testing::HasSubstr;

constexpr uint64_t kPage = sgx::kPageSize;

std::vector<char> read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

class ImageFile : public testing::Test {
 protected:
  ImageFile() : directory_(testing::TempDir() + "/image-" + std::to_string(getpid())) {
    std::filesystem::create_directories(directory_);
  }
  ~ImageFile() override { std::filesystem::remove_all(directory_); }
  std::string write(const std::vector<char>& bytes) {
    std::string path = directory_ + "/enclave";
    std::ofstream(path, std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    return path;
  }
  // The message with which the loader refuses the test enclave after `change`.
  std::string refusal(const std::function<void(std::vector<char>&)>& change) {
    std::vector<char> bytes = read_file(TEST_ENCLAVE);
    change(bytes);
    std::string error;
    auto image = Image::open(write(bytes), error);
    EXPECT_FALSE(image.ok());
    if (!image.ok()) {
      EXPECT_EQ(image.error(), Errno(ENOEXEC));
    }
    return error;
  }
  static Elf64_Ehdr& header(std::vector<char>& bytes) { return *reinterpret_cast<Elf64_Ehdr*>(bytes.data()); }
  static Elf64_Phdr& segment(std::vector<char>& bytes, unsigned index) {
    return reinterpret_cast<Elf64_Phdr*>(bytes.data() + header(bytes).e_phoff)[index];
  }
  std::string directory_;
};

TEST_F(ImageFile, RefusesWhatIsNoEnclaveImage) {
  std::string error;
  EXPECT_EQ(Image::open("/nonexistent", error).error(), Errno(ENOENT));
  EXPECT_EQ(error, "/nonexistent: No such file or directory");
  EXPECT_THAT(refusal([](auto& b) { b.resize(10); }), HasSubstr("truncated"));
  EXPECT_THAT(refusal([](auto& b) { b[0] = 'X'; }), HasSubstr("not an ELF file"));
  EXPECT_THAT(refusal([](auto& b) { b[EI_CLASS] = ELFCLASS32; }), HasSubstr("not a 64-bit"));
  EXPECT_THAT(refusal([](auto& b) { header(b).e_type = ET_EXEC; }), HasSubstr("not a static PIE"));
  EXPECT_THAT(refusal([](auto& b) { header(b).e_entry = 0x10; }), HasSubstr("entry point"));
}

TEST_F(ImageFile, RefusesHostileSegments) {
  EXPECT_THAT(refusal([](auto& b) { segment(b, 1).p_flags = PF_R | PF_W | PF_X; }),
              HasSubstr("writable and executable"));
  EXPECT_THAT(refusal([](auto& b) { segment(b, 1).p_vaddr = 0; }), HasSubstr("overlap"));
  EXPECT_THAT(refusal([](auto& b) { segment(b, 1).p_vaddr = ~uint64_t{0} - 8; }),
              HasSubstr("larger than the room"));
  EXPECT_THAT(refusal([](auto& b) { segment(b, 1).p_memsz = uint64_t{1} << 60; }),
              HasSubstr("larger than the room"));
  EXPECT_THAT(refusal([](auto& b) { segment(b, 1).p_offset = ~uint64_t{0}; }), HasSubstr("truncated"));
  EXPECT_THAT(refusal([](auto& b) { segment(b, 1).p_filesz = segment(b, 1).p_memsz + 1; }),
              HasSubstr("larger"));
  EXPECT_THAT(refusal([](auto& b) { header(b).e_phoff = ~uint64_t{0}; }), HasSubstr("truncated"));
  EXPECT_THAT(refusal([](auto& b) { header(b).e_shoff = ~uint64_t{7}; }), HasSubstr("truncated"));
}

TEST(Image, MeasuresTheSameOnEveryRunButNotForOtherParameters) {
  ImageParameters base, threads, larger, debug;
  threads.ethreads = 2;
  larger.enclave_size *= 2;
  debug.debug = true;
  Image image = open_test_enclave();
  EXPECT_EQ(image.measure(base), open_test_enclave().measure(base));
  EXPECT_NE(image.measure(base), image.measure(threads));
  EXPECT_NE(image.measure(base), image.measure(larger));
  EXPECT_EQ(image.measure(base), image.measure(debug));
}

TEST(Image, GivesEveryEthreadItsOwnPages) {
  ImageParameters parameters;
  parameters.ethreads = 3;
  Image image = open_test_enclave();
  std::vector<uint64_t> used;
  unsigned tcs_pages = 0;
  for (const auto& piece : image.pieces(parameters)) {
    ASSERT_EQ(piece.bytes.size() % kPage, 0u);
    for (uint64_t at = 0; at < piece.bytes.size(); at += kPage) used.push_back(piece.offset + at);
    tcs_pages += piece.info.page_type() == sgx::kPtTcs;
    EXPECT_GE(piece.offset, abi::image_base(parameters.enclave_size));
  }
  std::ranges::sort(used);
  EXPECT_EQ(std::ranges::adjacent_find(used), used.end());
  EXPECT_EQ(tcs_pages, 3u);
}

TEST(Image, RefusesToRunWithAForeignSignature) {
  Image image = open_test_enclave();
  ImageParameters parameters;
  auto device = host::soft::make_soft_device({});
  ASSERT_TRUE(device->create(image.secs(parameters)).ok());
  for (const auto& piece : image.pieces(parameters))
    ASSERT_TRUE(device->add_pages(piece.offset, piece.bytes, piece.info, true).ok());
  sgx::SigStruct foreign{};
  std::ifstream(std::string(SCONE_VECTORS) + "/test_enclave.sig", std::ios::binary)
      .read(reinterpret_cast<char*>(&foreign), sizeof foreign);
  EXPECT_EQ(device->initialize(foreign).error(), Errno(EPERM));
  EXPECT_THAT(device->last_error(), HasSubstr("measurement"));
  EXPECT_EQ(device->initialize(sgx::SigStruct{}).error(), Errno(EINVAL));
}

TEST_F(ImageFile, KeepsItsSignatureAndReplacesADamagedOne) {
  std::string path = write(read_file(TEST_ENCLAVE));
  sgx::MrEnclave measurement = open_test_enclave().measure({});
  auto first = host::development_signature(path, measurement);
  ASSERT_TRUE(first.ok());
  std::string kept = path + "." + host::to_hex(measurement) + ".sig";
  EXPECT_EQ(read_file(kept).size(), sizeof(sgx::SigStruct));
  auto second = host::development_signature(path, measurement);
  EXPECT_EQ(std::memcmp(&first.value(), &second.value(), sizeof(sgx::SigStruct)), 0);
  std::vector<char> damaged = read_file(kept);
  damaged[600] ^= 1;
  std::ofstream(kept, std::ios::binary).write(damaged.data(), static_cast<std::streamsize>(damaged.size()));
  auto third = host::development_signature(path, measurement);
  ASSERT_TRUE(third.ok());
  EXPECT_EQ(sgx::verify(third.value()), sgx::kSuccess);
  EXPECT_EQ(sgx::mr_signer(third.value()), sgx::mr_signer(first.value())) << "the same key";
}

TEST(Launch, ReportsWhatIsInTheWay) {
  TestMachine first({host::soft::Fidelity::kFast, 0});
  std::string error;
  auto second = host::soft::make_soft_device({});
  EXPECT_FALSE(open_test_enclave().build(*second, {}, error).ok());
  EXPECT_THAT(error, HasSubstr("address range is not free: 00010000-"));
}

TEST(Launch, RefusesImpossibleEnclaves) {
  Image image = open_test_enclave();
  auto refusal = [&](auto change) {
    sgx::Secs secs = image.secs({});
    change(secs);
    auto device = host::soft::make_soft_device({});
    EXPECT_EQ(device->create(secs).error(), Errno(EINVAL));
    return device->last_error();
  };
  EXPECT_THAT(refusal([](sgx::Secs& s) { s.size += 4096; }), HasSubstr("power of two"));
  EXPECT_THAT(refusal([](sgx::Secs& s) { s.base = 4096; }), HasSubstr("multiple"));
  EXPECT_THAT(refusal([](sgx::Secs& s) { s.attributes.flags = 0; }), HasSubstr("64-bit"));
  EXPECT_THAT(refusal([](sgx::Secs& s) { s.attributes.xfrm = 2; }), HasSubstr("XFRM"));
  EXPECT_THAT(refusal([](sgx::Secs& s) { s.attributes.xfrm |= uint64_t{1} << 60; }), HasSubstr("XFRM"));
  EXPECT_THAT(refusal([](sgx::Secs& s) { s.ssa_frame_size = 0; }), HasSubstr("SSA"));
}

TEST(Launch, RefusesPagesThatSgxWouldNotAdd) {
  Image image = open_test_enclave();
  auto device = host::soft::make_soft_device({});
  ASSERT_TRUE(device->create(image.secs({})).ok());
  std::vector<uint8_t> page(kPage, 0xff);
  auto add = [&](uint64_t offset, const sgx::SecInfo& info) {
    return device->add_pages(offset, page, info, true);
  };
  sgx::SecInfo data = sgx::make_sec_info(sgx::kSecInfoR | sgx::kSecInfoW, sgx::kPtReg);
  EXPECT_EQ(add(0x100000, sgx::make_sec_info(sgx::kSecInfoW, sgx::kPtReg)).error(), Errno(EINVAL))
      << "W without R";
  EXPECT_EQ(add(0x100000, sgx::make_sec_info(0, sgx::kPtVa)).error(), Errno(EINVAL));
  EXPECT_EQ(add(0x100000, sgx::make_sec_info(0, sgx::kPtTcs)).error(), Errno(EINVAL)) << "a TCS of garbage";
  EXPECT_EQ(add(0x100001, data).error(), Errno(EINVAL));
  EXPECT_EQ(add(0x1000, data).error(), Errno(EINVAL)) << "below 64 KiB";
  EXPECT_EQ(add(uint64_t{64} << 30, data).error(), Errno(EINVAL));
  EXPECT_TRUE(add(0x100000, data).ok());
  EXPECT_EQ(add(0x100000, data).error(), Errno(EBUSY));
}

}  // namespace
}  // namespace scone::test
