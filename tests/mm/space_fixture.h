// An AddressSpace over fake pages and fake files, with accesses as a program would make them.
#pragma once

#include <gtest/gtest.h>
#include <sys/mman.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "enclave/mm/address_space.h"
#include "tests/mm/fake_epc.h"

namespace scone::mm {

inline constexpr uint64_t kPage = 4096;
inline constexpr int kAnonymous = MAP_PRIVATE | MAP_ANONYMOUS;
inline constexpr int kRw = PROT_READ | PROT_WRITE;

class HostLock final : public Lock {
 public:
  void lock() override { mutex_.lock(); }
  void unlock() override { mutex_.unlock(); }

 private:
  std::mutex mutex_;
};

// The contents of a file, shared with the Backings that show it.
struct FakeFile {
  std::vector<uint8_t> bytes;
  int reads = 0, writes = 0, syncs = 0;
  int backings = 0;  // alive
  bool broken = false;
  size_t largest_write = SIZE_MAX;
};

class FakeBacking final : public Backing {
 public:
  explicit FakeBacking(FakeFile& file) : file_(file) { ++file_.backings; }
  ~FakeBacking() override { --file_.backings; }
  Result<size_t> read(uint64_t offset, uint64_t to, size_t length) override {
    ++file_.reads;
    if (file_.broken) return Errno(EIO);
    if (offset >= file_.bytes.size()) return size_t{0};
    length = std::min<size_t>(length, file_.bytes.size() - offset);
    memcpy(reinterpret_cast<void*>(to), file_.bytes.data() + offset, length);
    return length;
  }
  Result<size_t> write(uint64_t offset, uint64_t from, size_t length) override {
    ++file_.writes;
    if (file_.broken) return Errno(EIO);
    EXPECT_LE(offset + length, file_.bytes.size()) << "written beyond the end of the file";
    length = std::min(length, file_.largest_write);
    memcpy(file_.bytes.data() + offset, reinterpret_cast<const void*>(from), length);
    return length;
  }
  Result<uint64_t> size() override { return uint64_t{file_.bytes.size()}; }
  Result<void> sync() override {
    ++file_.syncs;
    return ok();
  }
  std::string_view name() const override { return "/fake/file"; }
  uint64_t device() const override { return 7; }
  uint64_t inode() const override { return 42; }

 private:
  FakeFile& file_;
};

inline Ref<Backing> backing_of(FakeFile& file) { return Ref<Backing>::adopt(new FakeBacking(file)); }

// Each byte says where in the file it is.
inline FakeFile patterned_file(size_t size) {
  FakeFile file;
  for (size_t i = 0; i < size; ++i) file.bytes.push_back(static_cast<uint8_t>(i / kPage * 7 + i % 251 + 1));
  return file;
}

template <typename T>
int error_of(const Result<T>& result) {
  return result.ok() ? 0 : result.error().code();
}

struct Space {
  explicit Space(uint64_t size = uint64_t{1} << 30, uint64_t heap_limit = uint64_t{256} << 20,
                 uint64_t begin = 0)
      : epc(begin, size),
        scratch(std::aligned_alloc(kPage, kScratchPages * kPage), &std::free),
        space(epc, lock,
              {.begin = epc.begin(),
               .end = epc.end(),
               .heap_limit = heap_limit,
               .stack_area = size / 8,
               .scratch = reinterpret_cast<uint64_t>(scratch.get())}) {}

  uint64_t must_map(MapRequest request) {
    auto result = space.mmap(std::move(request));
    EXPECT_TRUE(result.ok()) << "errno " << error_of(result);
    return std::move(result).value_or(0);
  }
  uint64_t map_anonymous(uint64_t pages, int prot = kRw, int flags = 0, uint64_t address = 0) {
    return must_map({.address = address, .length = pages * kPage, .prot = prot, .flags = kAnonymous | flags});
  }

  // What a program's access to the page leads to; a fault is taken as often as the hardware would.
  FaultOutcome touch(uint64_t address, Access access) {
    for (int i = 0; i < 3; ++i) {
      if (epc.is_accepted(address) && allows(epc.prot(address), access)) return FaultOutcome::kResolved;
      const FaultOutcome outcome = space.fault(address, access);
      if (outcome != FaultOutcome::kResolved) return outcome;
    }
    ADD_FAILURE() << "fault resolved without effect";
    return FaultOutcome::kNoMemory;
  }
  uint8_t& byte(uint64_t address) { return *reinterpret_cast<uint8_t*>(address); }
  void store(uint64_t address, uint8_t value) {
    ASSERT_EQ(touch(address, Access::kWrite), FaultOutcome::kResolved);
    byte(address) = value;
  }
  int load(uint64_t address) {
    if (touch(address, Access::kRead) != FaultOutcome::kResolved) return -1;
    return byte(address);
  }
  // "begin-end prot name", offsets in pages from the beginning of the range.
  std::vector<std::string> maps() {
    std::vector<std::string> lines;
    space.for_each_vma([&](const VmaInfo& vma) {
      const auto has_right = [&](Prot p, char c) { return has(vma.prot, p) ? c : '-'; };
      std::string line = std::to_string((vma.begin - epc.begin()) / kPage) + "-" +
                         std::to_string((vma.end - epc.begin()) / kPage) + " " + has_right(Prot::kRead, 'r') +
                         has_right(Prot::kWrite, 'w') + has_right(Prot::kExecute, 'x') +
                         (vma.shared ? 's' : 'p');
      if (!vma.name.empty()) line += " " + std::string(vma.name);
      lines.push_back(line);
    });
    return lines;
  }
  // The memory manager's count, its shadow and the fake agree.
  void expect_consistent() {
    EXPECT_EQ(space.committed_pages(), epc.accepted());
    uint64_t mapped = 0;
    space.for_each_vma([&](const VmaInfo& vma) {
      for (uint64_t at = vma.begin; at < vma.end && vma.end - vma.begin < (1u << 28); at += kPage)
        mapped += epc.is_accepted(at);
    });
    EXPECT_EQ(mapped, epc.accepted()) << "pages outside of mappings";
  }

  FakeEpc epc;
  HostLock lock;
  std::unique_ptr<void, decltype(&std::free)> scratch;
  AddressSpace space;
};

}  // namespace scone::mm
