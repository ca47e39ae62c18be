#include "tests/mm/fake_epc.h"

#include <gtest/gtest.h>
#include <sys/mman.h>

#include <cerrno>
#include <cstring>

namespace scone::mm {
namespace {

constexpr uint64_t kPage = 4096;

void* at(uint64_t address) { return reinterpret_cast<void*>(address); }

}  // namespace

FakeEpc::FakeEpc(uint64_t begin, uint64_t size) : size_(size) {
  const int fixed = begin ? MAP_FIXED_NOREPLACE : 0;
  void* area = ::mmap(at(begin), size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | fixed, -1, 0);
  if (area == MAP_FAILED) throw std::bad_alloc();
  begin_ = reinterpret_cast<uint64_t>(area);
}

FakeEpc::~FakeEpc() { ::munmap(at(begin_), size_); }

bool FakeEpc::must_fail() {
  if (fail_from_ < 0) return false;
  if (fail_from_ > 0) {
    --fail_from_;
    return false;
  }
  if (once_) fail_from_ = -1;
  once_ = false;
  return true;
}

void FakeEpc::protect(uint64_t address, uint64_t pages, Prot prot) {
  if (::mprotect(at(address), pages * kPage, static_cast<int>(prot)) != 0)
    ADD_FAILURE() << "mprotect: " << errno;
  for (uint64_t i = 0; i < pages; ++i) pages_[address + i * kPage] = prot;
}

void FakeEpc::expect_accepted(uint64_t address, uint64_t pages, bool accepted) const {
  EXPECT_GT(pages, 0u);
  EXPECT_EQ(address % kPage, 0u);
  EXPECT_GE(address, begin_);
  EXPECT_LE(address + pages * kPage, end());
  for (uint64_t i = 0; i < pages; ++i)
    EXPECT_EQ(is_accepted(address + i * kPage), accepted) << std::hex << address;
}

Prot FakeEpc::prot(uint64_t address) const {
  auto found = pages_.find(address & ~(kPage - 1));
  return found == pages_.end() ? Prot::kNone : found->second;
}

Result<void> FakeEpc::accept(uint64_t address, uint64_t pages) {
  ++accepts;
  expect_accepted(address, pages, false);
  if (must_fail()) return Errno(ENOMEM);
  protect(address, pages, kReadWrite);
  return ok();
}

Result<void> FakeEpc::accept_copy(uint64_t address, uint64_t source, uint64_t pages, Prot prot) {
  ++copies;
  expect_accepted(address, pages, false);
  EXPECT_EQ(source % kPage, 0u);
  EXPECT_EQ(prot, epcm_prot(prot));
  for (uint64_t i = 0; i < pages && source >= begin_ && source < end(); ++i)
    EXPECT_TRUE(has(this->prot(source + i * kPage), Prot::kRead));
  if (must_fail()) return Errno(ENOMEM);
  protect(address, pages, kReadWrite);
  memcpy(at(address), at(source), pages * kPage);
  protect(address, pages, prot);
  return ok();
}

Result<void> FakeEpc::extend(uint64_t address, uint64_t pages, Prot prot) {
  ++extends;
  expect_accepted(address, pages, true);
  EXPECT_EQ(prot, epcm_prot(prot));
  for (uint64_t i = 0; i < pages; ++i)
    EXPECT_TRUE(has(prot, this->prot(address + i * kPage))) << "not an extension";
  if (must_fail()) return Errno(ENOMEM);
  protect(address, pages, prot);
  return ok();
}

Result<void> FakeEpc::restrict(uint64_t address, uint64_t pages, Prot prot) {
  ++restricts;
  expect_accepted(address, pages, true);
  EXPECT_EQ(prot, epcm_prot(prot));
  for (uint64_t i = 0; i < pages; ++i)
    EXPECT_TRUE(has(this->prot(address + i * kPage), prot)) << "not a restriction";
  if (must_fail()) return Errno(ENOMEM);
  protect(address, pages, prot);
  return ok();
}

Result<void> FakeEpc::trim(uint64_t address, uint64_t pages) {
  ++trims;
  expect_accepted(address, pages, true);
  void* fresh = ::mmap(at(address), pages * kPage, PROT_NONE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);
  EXPECT_EQ(fresh, at(address));
  for (uint64_t i = 0; i < pages; ++i) pages_.erase(address + i * kPage);
  return ok();
}

}  // namespace scone::mm
