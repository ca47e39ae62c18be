// The hardware device against a kernel that only pretends.
#include "host/device/sgx/hardware_device.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <ucontext.h>

#include <cerrno>
#include <cstring>
#include <vector>

#include "abi/layout.h"

namespace scone::host::hw {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr uint64_t kPage = sgx::kPageSize;
constexpr int kFd = 77;

struct Mapping {
  uint64_t address, size;
  int protection, fd;
  friend bool operator==(const Mapping&, const Mapping&) = default;
};
struct Added {
  uint64_t offset, length, source_alignment, flags, secinfo_flags;
  uint8_t first_byte;
};

// What the fake kernel was asked, and how it shall answer; outlives it.
struct Record {
  int open_error = 0, enter_error = 0, create_error = 0, init_error = 0, reserve_error = 0;
  bool has_sgx = true;
  uint64_t pages_per_call = UINT64_MAX;  // ioctls stop after so many, with EINTR
  int modify_result = 0;                 // SGX error code
  std::vector<Mapping> mappings, unmapped;
  std::vector<Added> added;
  std::vector<sgx_enclave_restrict_permissions> restricted;
  std::vector<sgx_enclave_remove_pages> removed;
  sgx::Secs secs{};
  sgx::SigStruct signature{};
  const uint8_t* enter_code = nullptr;  // stands for the vDSO's function where it is only looked at
  int closed = 0;
};

EnclaveRun* entered_run;
unsigned long entered[6];
int fake_enter(unsigned long rdi, unsigned long rsi, unsigned long rdx, unsigned int function,
               unsigned long r8, unsigned long r9, EnclaveRun* run) {
  const unsigned long values[] = {rdi, rsi, rdx, function, r8, r9};
  std::memcpy(entered, values, sizeof entered);
  entered_run = run;
  run->function = sgx::kEexit;
  return 0;
}

class FakeKernel final : public KernelInterface {
 public:
  explicit FakeKernel(Record& record) : r_(record) {}
  bool processor_has_sgx() override { return r_.has_sgx; }
  Result<int> open_device(const std::string& path) override {
    EXPECT_EQ(path, "/dev/sgx_enclave");
    if (r_.open_error) return Errno(r_.open_error);
    return kFd;
  }
  void close_device(int fd) override {
    EXPECT_EQ(fd, kFd);
    ++r_.closed;
  }
  Result<void> map(uint64_t address, uint64_t size, int protection, int fd) override {
    if (fd < 0 && r_.reserve_error) return Errno(r_.reserve_error);
    r_.mappings.push_back({address, size, protection, fd});
    return ok();
  }
  void unmap(uint64_t address, uint64_t size) override { r_.unmapped.push_back({address, size, 0, 0}); }
  Result<EnterFunction> find_enter() override {
    if (r_.enter_error) return Errno(r_.enter_error);
    if (r_.enter_code)
      return EnterFunction{reinterpret_cast<decltype(EnterFunction::call)>(r_.enter_code), 8};
    return EnterFunction{&fake_enter, 64};
  }
  Result<int> control(int fd, unsigned long request, void* argument) override;

 private:
  template <typename Request>
  Result<int> partly(Request& request) {
    uint64_t pages = request.length / kPage;
    request.count = std::min(pages, r_.pages_per_call) * kPage;
    if (pages > r_.pages_per_call) return Errno(EINTR);
    return 0;
  }
  Record& r_;
};

Result<int> FakeKernel::control(int fd, unsigned long request, void* argument) {
  EXPECT_EQ(fd, kFd);
  if (request == SGX_IOC_ENCLAVE_CREATE) {
    if (r_.create_error) return Errno(r_.create_error);
    std::memcpy(&r_.secs, reinterpret_cast<void*>(static_cast<sgx_enclave_create*>(argument)->src),
                sizeof r_.secs);
    return 0;
  }
  if (request == SGX_IOC_ENCLAVE_ADD_PAGES) {
    auto& add = *static_cast<sgx_enclave_add_pages*>(argument);
    r_.added.push_back({add.offset, add.length, add.src % kPage, add.flags,
                        reinterpret_cast<sgx::SecInfo*>(add.secinfo)->flags,
                        *reinterpret_cast<uint8_t*>(add.src)});
    return partly(add);
  }
  if (request == SGX_IOC_ENCLAVE_INIT) {
    if (r_.init_error) return Errno(r_.init_error);
    auto address = static_cast<sgx_enclave_init*>(argument)->sigstruct;
    EXPECT_EQ(address % kPage, 0u);
    std::memcpy(&r_.signature, reinterpret_cast<void*>(address), sizeof r_.signature);
    return 0;
  }
  if (request == SGX_IOC_ENCLAVE_RESTRICT_PERMISSIONS) {
    r_.restricted.push_back(*static_cast<sgx_enclave_restrict_permissions*>(argument));
    return partly(*static_cast<sgx_enclave_restrict_permissions*>(argument));
  }
  if (request == SGX_IOC_ENCLAVE_MODIFY_TYPES) {
    if (r_.modify_result) return r_.modify_result;
    return partly(*static_cast<sgx_enclave_modify_types*>(argument));
  }
  EXPECT_EQ(request, SGX_IOC_ENCLAVE_REMOVE_PAGES);
  r_.removed.push_back(*static_cast<sgx_enclave_remove_pages*>(argument));
  return partly(*static_cast<sgx_enclave_remove_pages*>(argument));
}

class Hardware : public testing::Test {
 protected:
  std::unique_ptr<EnclaveDevice> open() {
    auto device = open_hardware_device(std::make_unique<FakeKernel>(record), missing);
    EXPECT_TRUE(device.ok()) << missing;
    return device.take();
  }
  static sgx::Secs secs() {
    sgx::Secs secs{};
    secs.size = 1 << 20;
    return secs;
  }
  Record record;
  std::string missing;
};

TEST_F(Hardware, SaysWhatIsMissing) {
  auto reason = [&] {
    missing.clear();
    auto device = open_hardware_device(std::make_unique<FakeKernel>(record), missing);
    EXPECT_FALSE(device.ok());
    return std::pair(device.error().code(), missing);
  };
  record.open_error = ENOENT;
  EXPECT_THAT(reason(), testing::Pair(ENODEV, HasSubstr("no /dev/sgx_enclave")));
  record.has_sgx = false;
  EXPECT_THAT(reason(), testing::Pair(ENODEV, HasSubstr("processor has no SGX")));
  record.open_error = EACCES;
  EXPECT_THAT(reason(), testing::Pair(EACCES, HasSubstr("no permission")));
  record.open_error = 0;
  record.enter_error = ENOSYS;
  EXPECT_THAT(reason(), testing::Pair(ENOSYS, HasSubstr("__vdso_sgx_enter_enclave")));
  EXPECT_EQ(record.closed, 1) << "the descriptor is not leaked";
}

TEST_F(Hardware, BuildsAnEnclaveWithTheDriversRequests) {
  auto device = open();
  ASSERT_TRUE(device->create(secs()).ok());
  EXPECT_EQ(record.secs.size, 1u << 20);
  EXPECT_THAT(record.mappings,
              ElementsAre(Mapping{abi::kProgramBegin, (1 << 20) - abi::kProgramBegin, PROT_NONE, -1}));
  std::vector<uint8_t> code(2 * kPage + 1, 0xc3);
  sgx::SecInfo info = sgx::make_sec_info(sgx::kSecInfoR | sgx::kSecInfoX, sgx::kPtReg);
  ASSERT_TRUE(device->add_pages(0x80000, {code.data() + 1, 2 * kPage}, info, true).ok());
  ASSERT_EQ(record.added.size(), 1u);
  EXPECT_EQ(record.added[0].offset, 0x80000u);
  EXPECT_EQ(record.added[0].source_alignment, 0u) << "the driver refuses unaligned sources";
  EXPECT_EQ(record.added[0].flags, uint64_t{SGX_PAGE_MEASURE});
  EXPECT_EQ(record.added[0].secinfo_flags, info.flags);
  EXPECT_EQ(record.added[0].first_byte, 0xc3);
  sgx::SigStruct signature{};
  signature.isv_svn = 5;
  record.mappings.clear();
  ASSERT_TRUE(device->initialize(signature).ok());
  EXPECT_EQ(record.signature.isv_svn, 5);
  constexpr int kAll = PROT_READ | PROT_WRITE | PROT_EXEC;
  EXPECT_THAT(record.mappings, ElementsAre(Mapping{0x10000, 0x70000, kAll, kFd},
                                           Mapping{0x80000, 0x2000, PROT_READ | PROT_EXEC, kFd},
                                           Mapping{0x82000, 0x7e000, kAll, kFd}));
}

TEST_F(Hardware, ContinuesRequestsThatAreInterrupted) {
  auto device = open();
  record.pages_per_call = 2;
  std::vector<uint8_t> pages(5 * kPage);
  for (size_t i = 0; i < 5; ++i) pages[i * kPage] = static_cast<uint8_t>(i);
  ASSERT_TRUE(device->create(secs()).ok());
  ASSERT_TRUE(device->add_pages(0x20000, pages, sgx::make_sec_info(1, sgx::kPtReg), false).ok());
  ASSERT_EQ(record.added.size(), 3u);
  EXPECT_EQ(record.added[1].offset, 0x22000u);
  EXPECT_EQ(record.added[1].length, 3 * kPage);
  EXPECT_EQ(record.added[2].first_byte, 4);
  ASSERT_TRUE(device->restrict_permissions(0x20000, 3 * kPage, sgx::kSecInfoR).ok());
  ASSERT_EQ(record.restricted.size(), 2u);
  EXPECT_EQ(record.restricted[1].offset, 0x22000u);
  EXPECT_EQ(record.restricted[1].permissions, uint64_t{sgx::kSecInfoR});
  ASSERT_TRUE(device->remove_pages(0x20000, 4 * kPage).ok());
  EXPECT_EQ(record.removed.size(), 2u);
}

TEST_F(Hardware, ReportsRefusalsInWords) {
  auto device = open();
  record.reserve_error = EEXIST;
  EXPECT_EQ(device->create(secs()).error(), Errno(EEXIST));
  EXPECT_THAT(device->last_error(), HasSubstr("address range is not free"));
  record.reserve_error = 0;
  record.create_error = EIO;
  EXPECT_EQ(device->create(secs()).error(), Errno(EIO));
  EXPECT_THAT(device->last_error(), HasSubstr("SGX_IOC_ENCLAVE_CREATE"));
  record.create_error = 0;
  record.init_error = EPERM;
  ASSERT_TRUE(device->create(secs()).ok());
  EXPECT_EQ(device->initialize({}).error(), Errno(EPERM));
  EXPECT_THAT(device->last_error(), HasSubstr("SGX_IOC_ENCLAVE_INIT"));
}

TEST_F(Hardware, AnSgxErrorCodeIsAFailureToo) {
  auto device = open();
  ASSERT_TRUE(device->create(secs()).ok());
  record.modify_result = sgx::kPageNotModifiable;
  EXPECT_EQ(device->modify_types(0x20000, kPage, sgx::kPtTrim).error(), Errno(EFAULT));
}

TEST_F(Hardware, EntersThroughTheVdsoFunction) {
  auto device = open();
  EnclaveRun run{};
  run.tcs = 0x9000;
  run.user_handler = 1;
  EXPECT_EQ(device->enter(1, 2, 3, sgx::kEenter, 5, 6, run), 0);
  EXPECT_THAT(entered, ElementsAre(1, 2, 3, sgx::kEenter, 5, 6));
  EXPECT_EQ(entered_run, &run);
  EXPECT_EQ(run.user_handler, 0u);
}

TEST_F(Hardware, ASignalFromInsideShowsTheAep) {
  static constexpr uint8_t kCode[16] = {0x90, 0x0f, 0x01, 0xd7, 0x90, 0x90, 0x90, 0x90, 0x0f, 0x01, 0xd7};
  record.enter_code = kCode;
  auto device = open();
  ucontext_t context{};
  auto& g = context.uc_mcontext.gregs;
  auto interrupted_at = [&](const uint8_t* rip) {
    g[REG_RIP] = reinterpret_cast<greg_t>(rip);
    return device->interrupted_enclave(&context);
  };
  g[REG_RAX] = sgx::kEresume;
  EXPECT_TRUE(interrupted_at(kCode + 1));
  EXPECT_FALSE(interrupted_at(kCode)) << "before the ENCLU";
  EXPECT_FALSE(interrupted_at(kCode + 8)) << "an ENCLU outside of the vDSO's function";
  g[REG_RAX] = sgx::kEenter;
  EXPECT_FALSE(interrupted_at(kCode + 1)) << "about to enter";
}

TEST_F(Hardware, GivesEverythingBack) {
  auto device = open();
  ASSERT_TRUE(device->create(secs()).ok());
  device.reset();
  EXPECT_EQ(record.closed, 1);
  ASSERT_EQ(record.unmapped.size(), 1u);
  EXPECT_EQ(record.unmapped[0].address, abi::kProgramBegin);
}

}  // namespace
}  // namespace scone::host::hw
