// Executable file mappings: the hook sees all of the code before it can run, and finds room near it.
#include "tests/mm/space_fixture.h"

namespace scone::mm {
namespace {

// Replaces the first byte and puts as many trampolines as it is told into reserved pages.
class Patcher final : public ExecHook {
 public:
  Patcher(FakeEpc& epc, AddressSpace& space) : epc_(epc), space_(space) {}
  Result<void> prepare(uint64_t address, std::span<uint8_t> bytes, Backing&, uint64_t offset) override {
    ++calls;
    seen_address = address;
    seen_size = bytes.size();
    seen_offset = offset;
    EXPECT_EQ(epc_.prot(address), kReadWrite) << "not yet executable";
    if (fail) return Errno(ENOMEM);
    bytes[0] = 0xcc;
    if (trampoline_bytes == 0) return ok();
    trampolines = TRY(space_.reserve_code(address, trampoline_bytes));
    const std::vector<uint8_t> code(trampoline_bytes, 0x90);
    return space_.write_code(trampolines, code);
  }

  int calls = 0;
  bool fail = false;
  uint64_t seen_address = 0, seen_offset = 0, trampolines = 0;
  size_t seen_size = 0, trampoline_bytes = 0;

 private:
  FakeEpc& epc_;
  AddressSpace& space_;
};

class Code : public testing::Test {
 protected:
  Code() { s_.space.set_exec_hook(&hook_); }
  MapRequest request(uint64_t pages, int prot, int flags, uint64_t offset = 0) {
    return {.length = pages * kPage,
            .prot = prot,
            .flags = flags,
            .backing = backing_of(file_),
            .offset = offset};
  }
  Space s_;
  Patcher hook_{s_.epc, s_.space};
  FakeFile file_ = patterned_file(200 * kPage + 100);
};

TEST_F(Code, IsLoadedWholeShownOnceAndThenExecutableOnly) {
  const uint64_t address = s_.must_map(request(150, PROT_READ | PROT_EXEC, MAP_PRIVATE, 2 * kPage));
  EXPECT_EQ(hook_.calls, 1);
  EXPECT_EQ(hook_.seen_address, address);
  EXPECT_EQ(hook_.seen_size, 150 * kPage);
  EXPECT_EQ(hook_.seen_offset, 2 * kPage);
  EXPECT_EQ(file_.reads, 1);
  for (uint64_t i = 0; i < 150; ++i) ASSERT_EQ(s_.epc.prot(address + i * kPage), kReadExecute);
  EXPECT_EQ(s_.load(address), 0xcc);
  EXPECT_EQ(s_.load(address + kPage), file_.bytes[3 * kPage]);
  EXPECT_EQ(s_.epc.restricts, 1);
}

TEST_F(Code, BeyondTheEndOfTheFileNothingIsLoaded) {
  const uint64_t address = s_.must_map(request(300, PROT_READ | PROT_EXEC, MAP_PRIVATE));
  EXPECT_EQ(hook_.seen_size, file_.bytes.size());
  EXPECT_EQ(s_.load(address + 200 * kPage + 100), 0);
  EXPECT_EQ(s_.touch(address + 201 * kPage, Access::kExecute), FaultOutcome::kBus);
  EXPECT_EQ(s_.space.committed_pages(), 201u);
  s_.must_map(request(1, PROT_READ | PROT_EXEC, MAP_PRIVATE, 300 * kPage));
  EXPECT_EQ(hook_.calls, 1);
}

TEST_F(Code, OnlyExecutablePrivateFilesAreShown) {
  s_.must_map(request(4, PROT_READ, MAP_PRIVATE));
  s_.must_map(request(4, PROT_READ | PROT_EXEC, MAP_SHARED));
  const uint64_t jit = s_.map_anonymous(4, kRw | PROT_EXEC);
  s_.store(jit, 0xc3);
  EXPECT_EQ(s_.touch(jit, Access::kExecute), FaultOutcome::kResolved);
  EXPECT_EQ(hook_.calls, 0);
}

TEST_F(Code, TrampolinesStandNearBelowAndAreExecutable) {
  hook_.trampoline_bytes = 3 * kPage + 17;
  const uint64_t address = s_.must_map(request(4, PROT_READ | PROT_EXEC, MAP_PRIVATE));
  EXPECT_LT(hook_.trampolines, address);
  EXPECT_LE(address - hook_.trampolines, uint64_t{1} << 30);
  EXPECT_EQ(s_.epc.prot(hook_.trampolines + 3 * kPage), kReadExecute);
  EXPECT_EQ(s_.load(hook_.trampolines + 3 * kPage + 16), 0x90);
  EXPECT_EQ(s_.load(hook_.trampolines + 3 * kPage + 17), 0xcc) << "the rest traps";
  EXPECT_EQ(s_.maps()[0].substr(s_.maps()[0].size() - 12), "r-xp [scone]");
}

TEST_F(Code, LargeTrampolinesPassTheScratchBufferInPieces) {
  hook_.trampoline_bytes = (2 * kScratchPages + 3) * kPage;
  s_.must_map(request(4, PROT_READ | PROT_EXEC, MAP_PRIVATE));
  EXPECT_EQ(s_.load(hook_.trampolines + hook_.trampoline_bytes - 1), 0x90);
}

TEST_F(Code, TrampolinesGoAboveWhenThereIsNoRoomBelow) {
  hook_.trampoline_bytes = kPage;
  auto mapping = request(4, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_FIXED);
  mapping.address = s_.epc.begin();
  EXPECT_EQ(s_.must_map(std::move(mapping)), s_.epc.begin());
  EXPECT_GT(hook_.trampolines, s_.epc.begin());
}

TEST_F(Code, CodeIsWrittenOnceAndOnlyToReservedPages) {
  const uint8_t code[] = {0x90};
  const uint64_t reserved = s_.space.reserve_code(s_.epc.end() - kPage, kPage).value_or(0);
  ASSERT_NE(reserved, 0u);
  EXPECT_EQ(error_of(s_.space.write_code(reserved + 8, code)), EINVAL);
  EXPECT_EQ(error_of(s_.space.write_code(s_.map_anonymous(1), code)), EINVAL);
  EXPECT_EQ(error_of(s_.space.write_code(reserved, code)), 0);
  EXPECT_EQ(error_of(s_.space.write_code(reserved, code)), EINVAL);
}

TEST_F(Code, AHookThatFailsMakesTheMappingFail) {
  hook_.fail = true;
  EXPECT_EQ(error_of(s_.space.mmap(request(4, PROT_READ | PROT_EXEC, MAP_PRIVATE))), ENOMEM);
  EXPECT_TRUE(s_.maps().empty());
  EXPECT_EQ(s_.epc.accepted(), 0u);
  EXPECT_EQ(file_.backings, 0);
}

TEST_F(Code, AFileThatCannotBeReadMakesTheMappingFail) {
  file_.broken = true;
  EXPECT_EQ(error_of(s_.space.mmap(request(4, PROT_READ | PROT_EXEC, MAP_PRIVATE))), EIO);
  EXPECT_EQ(s_.epc.accepted(), 0u);
}

TEST_F(Code, RewrittenCodeThatMovesIsReadAnew) {
  const uint64_t address = s_.must_map(request(4, PROT_READ | PROT_EXEC, MAP_PRIVATE));
  const uint64_t target = s_.epc.begin() + 50 * kPage;
  ASSERT_TRUE(s_.space.mremap(address, 4 * kPage, 4 * kPage, MREMAP_MAYMOVE | MREMAP_FIXED, target).ok());
  EXPECT_EQ(s_.load(target), file_.bytes[0]);
  EXPECT_EQ(s_.touch(target, Access::kExecute), FaultOutcome::kResolved);
}

}  // namespace
}  // namespace scone::mm
