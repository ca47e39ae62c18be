#include "enclave/loader/stack.h"

#include <linux/auxvec.h>
#include <linux/elf.h>
#include <linux/errno.h>

#include <iterator>
#include <new>
#include <utility>

#include "abi/layout.h"
#include "base/checked.h"
#include "enclave/runtime/memory.h"

namespace scone::loader {
namespace {

// x86's own entries: <asm/auxvec.h> of this kernel's headers may be older.
constexpr uint64_t kAtMinSigStackSize = 51;
constexpr uint64_t kClockTicks = 100;  // USER_HZ
constexpr char kPlatform[] = "x86_64";
constexpr uint64_t kWord = sizeof(uint64_t);
constexpr size_t kAuxiliaryEntries = 21;
constexpr uint64_t kAuxiliarySize = kAuxiliaryEntries * 2 * kWord;
// Linux leaves a null word above the strings.
constexpr uint64_t kTopGap = kWord;
// Limits of fs/exec.c: a quarter of RLIMIT_STACK, never more than 3/4 of 8 MiB, never less than ARG_MAX.
constexpr uint64_t kMostArgumentBytes = 6 << 20;
constexpr uint64_t kLeastArgumentBytes = 128 << 10;

uint64_t argument_limit(uint64_t stack_limit) {
  uint64_t limit = stack_limit / 4;
  if (limit > kMostArgumentBytes) limit = kMostArgumentBytes;
  return limit < kLeastArgumentBytes ? kLeastArgumentBytes : limit;
}

Result<void> add_length(const char* text, uint64_t& total) {
  const size_t length = strlen(text) + 1;
  if (length > kMaxArgument) return Errno(E2BIG);
  total += length;
  return ok();
}

}  // namespace

// Bytes of the three groups of strings.
struct StackImage::Sizes {
  uint64_t arguments = 0, environment = 0, executable = 0;
  uint64_t strings() const { return arguments + environment + executable; }
};

// Writes at program addresses into the buffer that stands for them.
class StackImage::Writer {
 public:
  Writer(uint8_t* bytes, uint64_t begin) : bytes_(bytes), begin_(begin) {}

  void put(uint64_t address, const void* data, size_t size) {
    memcpy(bytes_ + (address - begin_), data, size);
  }
  // Words go up from `address`.
  void seek(uint64_t address) { cursor_ = address; }
  void word(uint64_t value) {
    put(cursor_, &value, sizeof value);
    cursor_ += kWord;
  }
  void pair(uint64_t type, uint64_t value) {
    word(type);
    word(value);
  }
  // Puts the strings one behind the other at `text`, their addresses and a null at the cursor; `text` moves behind them.
  void strings(std::span<const char* const> list, uint64_t& text) {
    for (const char* string : list) {
      const size_t size = strlen(string) + 1;
      put(text, string, size);
      word(text);
      text += size;
    }
    word(0);
  }

 private:
  uint8_t* bytes_;
  uint64_t begin_;
  uint64_t cursor_ = 0;
};

StackImage::StackImage(StackImage&& other) noexcept
    : bytes_(std::exchange(other.bytes_, nullptr)),
      size_(other.size_),
      pointer_(other.pointer_),
      platform_(other.platform_),
      random_(other.random_),
      auxiliary_begin_(other.auxiliary_begin_),
      arguments_begin_(other.arguments_begin_),
      environment_begin_(other.environment_begin_),
      environment_end_(other.environment_end_) {}

StackImage::~StackImage() { delete[] bytes_; }

Result<StackImage::Sizes> StackImage::measure(const Invocation& invocation, const char* executable,
                                              uint64_t limit) {
  Sizes sizes;
  for (const char* argument : invocation.arguments) TRY(add_length(argument, sizes.arguments));
  for (const char* variable : invocation.environment) TRY(add_length(variable, sizes.environment));
  TRY(add_length(executable, sizes.executable));
  const uint64_t pointers = (invocation.arguments.size() + invocation.environment.size()) * kWord;
  if (pointers + sizes.strings() > argument_limit(limit)) return Errno(E2BIG);
  return sizes;
}

uint64_t StackImage::auxiliary_end() const { return auxiliary_begin_ + kAuxiliarySize; }

Result<void> StackImage::check(const Invocation& invocation, const char* executable, uint64_t limit) {
  TRY(measure(invocation, executable, limit));
  return ok();
}

Result<void> StackImage::arrange(const Sizes& sizes, size_t strings, const StackPlacement& placement) {
  arguments_begin_ = placement.top - kTopGap - sizes.strings();
  environment_begin_ = arguments_begin_ + sizes.arguments;
  environment_end_ = environment_begin_ + sizes.environment;
  platform_ = align_down(arguments_begin_ - placement.displacement, 16) - sizeof kPlatform;
  random_ = platform_ - sizeof AuxiliaryFacts::random;
  // argc, two lists of pointers with their nulls, the auxiliary vector.
  const uint64_t words = 1 + strings + 2;
  pointer_ = align_down(align_down(random_, kWord) - words * kWord - kAuxiliarySize, 16);
  auxiliary_begin_ = pointer_ + words * kWord;
  size_ = placement.top - pointer_;
  bytes_ = new (std::nothrow) uint8_t[size_]();
  if (!bytes_) return Errno(ENOMEM);
  return ok();
}

void StackImage::write_auxiliary(Writer& writer, const AuxiliaryFacts& facts) const {
  // In the kernel's order.
  const std::pair<uint64_t, uint64_t> entries[] = {
      {AT_SYSINFO_EHDR, facts.vdso},
      {kAtMinSigStackSize, facts.min_signal_stack},
      {AT_HWCAP, facts.hwcap},
      {AT_PAGESZ, abi::kPageSize},
      {AT_CLKTCK, kClockTicks},
      {AT_PHDR, facts.header_address},
      {AT_PHENT, sizeof(Elf64_Phdr)},
      {AT_PHNUM, facts.header_count},
      {AT_BASE, facts.interpreter_base},
      {AT_FLAGS, 0},
      {AT_ENTRY, facts.entry},
      {AT_UID, facts.uid},
      {AT_EUID, facts.euid},
      {AT_GID, facts.gid},
      {AT_EGID, facts.egid},
      {AT_SECURE, facts.secure},
      {AT_RANDOM, random_},
      {AT_HWCAP2, facts.hwcap2},
      {AT_EXECFN, environment_end_},
      {AT_PLATFORM, platform_},
      {AT_NULL, 0},
  };
  static_assert(std::size(entries) == kAuxiliaryEntries);
  for (auto [type, value] : entries) writer.pair(type, value);
}

Result<StackImage> StackImage::build(const Invocation& invocation, const char* executable,
                                     const AuxiliaryFacts& facts, const StackPlacement& placement) {
  const Sizes sizes = TRY(measure(invocation, executable, placement.limit));
  StackImage image;
  TRY(image.arrange(sizes, invocation.arguments.size() + invocation.environment.size(), placement));
  Writer writer(image.bytes_, image.pointer_);
  writer.put(image.platform_, kPlatform, sizeof kPlatform);
  writer.put(image.random_, facts.random.data(), facts.random.size());
  writer.put(image.environment_end_, executable, sizes.executable);
  writer.seek(image.pointer_);
  writer.word(invocation.arguments.size());
  uint64_t text = image.arguments_begin_;
  writer.strings(invocation.arguments, text);
  writer.strings(invocation.environment, text);
  image.write_auxiliary(writer, facts);
  return image;
}

}  // namespace scone::loader
