// Memory runs out at every possible place: clean errors, invariants hold, and afterwards everything works.
#include <cstdlib>
#include <new>
#include <random>

#include "tests/mm/space_fixture.h"

namespace {

// Every n-th nothrow allocation fails; 0: none.
int fail_every = 0;
int allocation = 0;

}  // namespace

void* operator new(size_t size, const std::nothrow_t&) noexcept {
  if (fail_every > 0 && ++allocation % fail_every == 0) return nullptr;
  return std::malloc(size);
}
void* operator new(size_t size) { return std::malloc(size); }
void operator delete(void* pointer) noexcept { std::free(pointer); }
void operator delete(void* pointer, size_t) noexcept { std::free(pointer); }

namespace scone::mm {
namespace {

constexpr uint64_t kArea = 4096;  // pages

class Exhaustion : public testing::TestWithParam<int> {
 protected:
  ~Exhaustion() override { fail_every = 0; }
  void random_call();
  void expect_clean(int error) { EXPECT_TRUE(error == 0 || error == ENOMEM || error == EFAULT) << error; }
  uint64_t number(uint64_t limit) { return random_() % limit; }

  Space s_{uint64_t{64} << 20, uint64_t{8} << 20};
  FakeFile file_ = patterned_file(64 * kPage);
  std::mt19937_64 random_{7};
};

void Exhaustion::random_call() {
  const uint64_t address = s_.epc.begin() + number(kArea) * kPage, length = (1 + number(64)) * kPage;
  const int prot = number(3) ? kRw : PROT_READ;
  switch (number(7)) {
    case 0:
      return expect_clean(error_of(s_.space.mmap(
          {.address = address, .length = length, .prot = prot, .flags = kAnonymous | MAP_FIXED})));
    case 1:
      return expect_clean(error_of(s_.space.mmap({.address = address,
                                                  .length = length,
                                                  .prot = prot,
                                                  .flags = MAP_SHARED | MAP_FIXED,
                                                  .backing = backing_of(file_)})));
    case 2:
      return expect_clean(error_of(s_.space.munmap(address, length)));
    case 3:
      return expect_clean(error_of(s_.space.mprotect(address, length, prot)));
    case 4:
      return expect_clean(error_of(s_.space.mremap(address, kPage, length, MREMAP_MAYMOVE, 0)));
    case 5:
      return expect_clean(error_of(s_.space.madvise(address, length, MADV_DONTNEED)));
    default:
      s_.touch(address, number(2) ? Access::kWrite : Access::kRead);
  }
}

TEST_P(Exhaustion, OfTheRuntimesMemory) {
  for (int round = 0; round < 20; ++round) {
    fail_every = GetParam();
    for (int i = 0; i < 50; ++i) random_call();
    fail_every = 0;
    s_.expect_consistent();
    if (HasFailure()) return;
  }
  EXPECT_GT(allocation, 0);
}

TEST_P(Exhaustion, OfEnclavePages) {
  for (int round = 0; round < 100; ++round) {
    s_.epc.fail_once_after(static_cast<int>(number(static_cast<uint64_t>(GetParam()))));
    for (int i = 0; i < 10; ++i) random_call();
    s_.epc.fail_from(-1);
    s_.expect_consistent();
    if (HasFailure()) return;
  }
}

TEST_P(Exhaustion, EverythingIsGivenBackInTheEnd) {
  fail_every = GetParam();
  for (int i = 0; i < 300; ++i) random_call();
  fail_every = 0;
  ASSERT_TRUE(s_.space.munmap(s_.epc.begin(), s_.epc.end() - s_.epc.begin()).ok());
  EXPECT_EQ(s_.epc.accepted(), 0u);
  EXPECT_EQ(s_.space.committed_pages(), 0u);
  EXPECT_EQ(file_.backings, 0);
  EXPECT_TRUE(s_.maps().empty());
}

INSTANTIATE_TEST_SUITE_P(Every, Exhaustion, testing::Values(1, 2, 3, 5, 7, 11, 29));

}  // namespace
}  // namespace scone::mm
