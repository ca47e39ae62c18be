// The same random calls on Linux and on AddressSpace: errors, rights and contents must be the same after each.
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <random>

#include "tests/mm/linux_area.h"
#include "tests/mm/space_fixture.h"

namespace scone::mm {
namespace {

constexpr uint64_t kPages = 48;
constexpr uint64_t kLinux = 0x300000000000;
constexpr uint64_t kOurs = 0x200000000000;
constexpr size_t kFileSize = 20 * kPage + 1000;

// A file that Linux can map, with the contents of a FakeFile.
class TemporaryFile {
 public:
  explicit TemporaryFile(const FakeFile& like) : fd_(memfd_create("differential", 0)) {
    if (::write(fd_, like.bytes.data(), like.bytes.size()) != static_cast<ssize_t>(like.bytes.size()))
      std::abort();
  }
  ~TemporaryFile() { ::close(fd_); }
  int fd() const { return fd_; }
  std::vector<uint8_t> contents() const {
    std::vector<uint8_t> bytes(kFileSize);
    EXPECT_EQ(::pread(fd_, bytes.data(), bytes.size(), 0), static_cast<ssize_t>(bytes.size()));
    return bytes;
  }

 private:
  int fd_;
};

class Differential : public testing::TestWithParam<int> {
 protected:
  uint64_t number(uint64_t limit) { return random_() % limit; }
  template <typename T>
  T one_of(std::initializer_list<T> choices) {
    return choices.begin()[number(choices.size())];
  }
  int some_prot() {
    return one_of({PROT_NONE, PROT_READ, kRw, kRw, kRw, PROT_READ | PROT_EXEC, kRw | PROT_EXEC, PROT_WRITE});
  }

  // Errors of both sides; 0 is success.
  void expect_same(const char* call, int linux_error, int our_error) {
    EXPECT_EQ(linux_error, our_error) << call << " in step " << step_ << ": " << detail_;
  }
  static int linux_error(bool failed) { return failed ? errno : 0; }
  static void* in_linux(uint64_t page) { return reinterpret_cast<void*>(kLinux + page * kPage); }
  static uint64_t in_ours(uint64_t page) { return kOurs + page * kPage; }

  void map_anonymous();
  void map_file();
  void unmap();
  void protect();
  void remap();
  void advise();
  void sync();
  void core();
  void store();
  void one_step();
  void compare_rights();
  void compare_contents();
  void compare_page(uint64_t page);
  bool holds_shared(uint64_t page, uint64_t pages) const;
  void describe(const char* format, ...) __attribute__((format(printf, 2, 3)));

  std::mt19937_64 random_{static_cast<uint64_t>(GetParam())};
  LinuxArea linux_{kLinux, kPages};
  Space ours_{kPages * kPage, uint64_t{64} << 20, kOurs};
  FakeFile private_file_ = patterned_file(kFileSize);
  FakeFile shared_file_ = patterned_file(kFileSize);
  // One of each: Linux, too, merges neighbouring mappings of one file.
  Ref<Backing> private_backing_ = backing_of(private_file_);
  Ref<Backing> shared_backing_ = backing_of(shared_file_);
  TemporaryFile linux_private_{private_file_};
  TemporaryFile linux_shared_{shared_file_};
  int step_ = 0;
  std::string detail_;
};

void Differential::describe(const char* format, ...) {
  char text[200];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  detail_ = text;
}

void Differential::map_anonymous() {
  const uint64_t page = number(kPages), pages = 1 + number(kPages - page);
  const int prot = some_prot();
  const int flags = one_of({MAP_PRIVATE, MAP_PRIVATE, MAP_SHARED}) | MAP_ANONYMOUS |
                    one_of({MAP_FIXED, MAP_FIXED, MAP_FIXED_NOREPLACE});
  describe("page %lu pages %lu prot %d flags %x", page, pages, prot, flags);
  const bool failed = ::mmap(in_linux(page), pages * kPage, prot, flags, -1, 0) == MAP_FAILED;
  const int error = linux_error(failed);
  expect_same("mmap anonymous", error,
              error_of(ours_.space.mmap(
                  {.address = in_ours(page), .length = pages * kPage, .prot = prot, .flags = flags})));
}

// Shared pages of the file stand at one place only, as two views of one page would not be coherent.
void Differential::map_file() {
  const uint64_t page = number(24), pages = 1 + number(24 - page);
  const bool shared = number(2);
  const uint64_t offset = (shared ? page : number(22)) * kPage;
  const int prot = some_prot(), flags = MAP_FIXED | (shared ? MAP_SHARED : MAP_PRIVATE);
  describe("page %lu pages %lu prot %d flags %x offset %lu", page, pages, prot, flags, offset / kPage);
  const int fd = shared ? linux_shared_.fd() : linux_private_.fd();
  const bool failed =
      ::mmap(in_linux(page), pages * kPage, prot, flags, fd, static_cast<off_t>(offset)) == MAP_FAILED;
  const int error = linux_error(failed);
  auto ours = ours_.space.mmap({.address = in_ours(page),
                                .length = pages * kPage,
                                .prot = prot,
                                .flags = flags,
                                .backing = shared ? shared_backing_ : private_backing_,
                                .offset = offset});
  expect_same("mmap file", error, error_of(ours));
}

void Differential::unmap() {
  const uint64_t page = number(kPages),
                 pages = number(8) == 0 ? 0 : 1 + number(std::min<uint64_t>(6, kPages - page));
  const uint64_t odd = number(10) == 0 ? 12 : 0;
  describe("page %lu pages %lu odd %lu", page, pages, odd);
  const int error = linux_error(::munmap(static_cast<char*>(in_linux(page)) + odd, pages * kPage) != 0);
  expect_same("munmap", error, error_of(ours_.space.munmap(in_ours(page) + odd, pages * kPage)));
}

void Differential::protect() {
  const uint64_t page = number(kPages), pages = number(std::min<uint64_t>(12, kPages - page) + 1);
  const int prot = number(20) == 0 ? 0x4000 : some_prot();
  describe("page %lu pages %lu prot %x", page, pages, prot);
  const int error = linux_error(::mprotect(in_linux(page), pages * kPage, prot) != 0);
  expect_same("mprotect", error, error_of(ours_.space.mprotect(in_ours(page), pages * kPage, prot)));
}

bool Differential::holds_shared(uint64_t page, uint64_t pages) const {
  const auto rights = linux_.page_rights();
  for (uint64_t i = page; i < std::min(page + pages, kPages); ++i)
    if (rights[i].ends_with('s')) return true;
  return false;
}

void Differential::remap() {
  const uint64_t page = number(kPages), new_page = number(kPages);
  uint64_t old_pages = 1 + number(std::min<uint64_t>(8, kPages - page));
  const uint64_t new_pages =
      number(12) == 0 ? 0 : 1 + number(std::min<uint64_t>(12, kPages - std::max(page, new_page)));
  const int flags = one_of({0, 0, MREMAP_MAYMOVE | MREMAP_FIXED, MREMAP_MAYMOVE | MREMAP_FIXED, MREMAP_FIXED,
                            64, MREMAP_MAYMOVE | MREMAP_FIXED | MREMAP_DONTUNMAP});
  // Ranges over several mappings: what Linux does depends on its version and on which neighbours it could merge.
  for (const auto& mapping : linux_.mappings())
    if (kLinux + page * kPage >= mapping.begin && kLinux + page * kPage < mapping.end)
      old_pages = std::min(old_pages, (mapping.end - kLinux) / kPage - page);
  // Growing shared anonymous memory leads beyond its object on Linux; a moved shared file page would be seen twice later.
  if (holds_shared(page, old_pages)) return;
  describe("page %lu pages %lu to %lu pages %lu flags %x", page, old_pages, new_page, new_pages, flags);
  void* moved = ::mremap(in_linux(page), old_pages * kPage, new_pages * kPage, flags, in_linux(new_page));
  const int error = linux_error(moved == MAP_FAILED);
  auto ours =
      ours_.space.mremap(in_ours(page), old_pages * kPage, new_pages * kPage, flags, in_ours(new_page));
  expect_same("mremap", error, error_of(ours));
  if (!ours.ok() || error != 0) return;
  EXPECT_EQ(reinterpret_cast<uint64_t>(moved) - kLinux, ours.value() - kOurs) << detail_;
}

void Differential::advise() {
  const uint64_t page = number(kPages), pages = number(std::min<uint64_t>(10, kPages - page) + 1);
  const int advice = one_of({MADV_DONTNEED, MADV_DONTNEED, MADV_DONTNEED, MADV_WILLNEED, MADV_NORMAL,
                             MADV_HUGEPAGE, MADV_WIPEONFORK, MADV_KEEPONFORK, MADV_DONTFORK,
                             MADV_POPULATE_READ, MADV_POPULATE_WRITE, 12345});
  describe("page %lu pages %lu advice %d", page, pages, advice);
  const int error = linux_error(::madvise(in_linux(page), pages * kPage, advice) != 0);
  expect_same("madvise", error, error_of(ours_.space.madvise(in_ours(page), pages * kPage, advice)));
}

void Differential::sync() {
  const uint64_t page = number(kPages), pages = number(kPages - page + 1);
  const int flags = one_of({MS_SYNC, MS_ASYNC, MS_SYNC | MS_ASYNC, 64});
  describe("page %lu pages %lu flags %d", page, pages, flags);
  const int error = linux_error(::msync(in_linux(page), pages * kPage, flags) != 0);
  expect_same("msync", error, error_of(ours_.space.msync(in_ours(page), pages * kPage, flags)));
}

void Differential::core() {
  const uint64_t page = number(kPages), pages = number(std::min<uint64_t>(8, kPages - page) + 1);
  uint8_t linux_pages[kPages], our_pages[kPages];
  describe("page %lu pages %lu", page, pages);
  const int error = linux_error(::mincore(in_linux(page), pages * kPage, linux_pages) != 0);
  expect_same("mincore", error, error_of(ours_.space.mincore(in_ours(page), pages * kPage, our_pages)));
}

void Differential::store() {
  const uint64_t page = number(kPages), offset = number(kPage - 8);
  const uint64_t value = random_();
  // What is stored to a file's last page beyond its end stays there, on Linux, as long as the kernel caches the page.
  if (page == kFileSize / kPage && holds_shared(page, 1)) return;
  describe("page %lu offset %lu", page, offset);
  const bool stored = linux_.store(kLinux + page * kPage + offset, &value, sizeof value);
  const bool ours = ours_.touch(in_ours(page), Access::kWrite) == FaultOutcome::kResolved;
  ASSERT_EQ(stored, ours) << "store in step " << step_ << ": " << detail_;
  if (ours) memcpy(reinterpret_cast<void*>(in_ours(page) + offset), &value, sizeof value);
}

void Differential::one_step() {
  switch (number(14)) {
    case 0:
      return map_anonymous();
    case 1:
      return map_file();
    case 2:
      return unmap();
    case 3:
    case 4:
      return protect();
    case 5:
    case 6:
      return remap();
    case 7:
      return advise();
    case 8:
      return sync();
    case 9:
      return core();
    default:
      return store();
  }
}

void Differential::compare_rights() {
  std::vector<std::string> ours(kPages);
  ours_.space.for_each_vma([&](const VmaInfo& vma) {
    for (uint64_t at = vma.begin; at < vma.end; at += kPage) {
      std::string rights = "---";
      for (int bit = 0; bit < 3; ++bit)
        if (has(vma.prot, Prot(1 << bit))) rights[bit] = "rwx"[bit];
      ours[(at - kOurs) / kPage] = rights + (vma.shared ? "s" : "p");
    }
  });
  ASSERT_EQ(linux_.page_rights(), ours) << "after step " << step_ << ": " << detail_;
}

void Differential::compare_page(uint64_t page) {
  uint8_t bytes[kPage];
  const bool readable = linux_.load(kLinux + page * kPage, bytes, sizeof bytes);
  const bool ours = ours_.touch(in_ours(page), Access::kRead) == FaultOutcome::kResolved;
  ASSERT_EQ(readable, ours) << "page " << page << " after step " << step_ << ": " << detail_;
  if (!ours) return;
  ASSERT_EQ(memcmp(bytes, reinterpret_cast<void*>(in_ours(page)), kPage), 0)
      << "contents of page " << page << " after step " << step_ << ": " << detail_;
}

void Differential::compare_contents() {
  for (uint64_t page = 0; page < kPages && !HasFatalFailure(); ++page) compare_page(page);
}

TEST_P(Differential, SameErrorsRightsAndContents) {
  for (step_ = 0; step_ < 400 && !HasFailure(); ++step_) {
    one_step();
    compare_rights();
    if (step_ % 10 == 9) compare_contents();
    if (step_ % 50 == 49) ours_.expect_consistent();
  }
  ASSERT_EQ(::munmap(in_linux(0), kPages * kPage), 0);
  ASSERT_TRUE(ours_.space.munmap(kOurs, kPages * kPage).ok());
  EXPECT_EQ(linux_shared_.contents(), shared_file_.bytes);
  EXPECT_EQ(linux_private_.contents(), private_file_.bytes);
  private_backing_ = shared_backing_ = nullptr;
  EXPECT_EQ(shared_file_.backings + private_file_.backings, 0);
  EXPECT_EQ(ours_.epc.accepted(), 0u);
}

INSTANTIATE_TEST_SUITE_P(Seeds, Differential, testing::Range(1, 33));

}  // namespace
}  // namespace scone::mm
