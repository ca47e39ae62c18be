// The program's first stack: argc, argv, envp and the auxiliary vector, as Linux/x86-64 lays them out.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "base/result.h"

namespace scone::loader {

// What execve(2) was given. Strings are NUL-terminated, in runtime memory, and stay the caller's.
struct Invocation {
  const char* path;
  std::span<const char* const> arguments;  // argv without its null pointer
  std::span<const char* const> environment;
};

// Numbers of the auxiliary vector (getauxval(3)).
struct AuxiliaryFacts {
  uint64_t header_address, header_count;  // AT_PHDR, AT_PHNUM: of the program
  uint64_t interpreter_base;              // AT_BASE, 0 without interpreter
  uint64_t entry;                         // AT_ENTRY: of the program
  uint64_t vdso;                          // AT_SYSINFO_EHDR
  uint64_t hwcap, hwcap2;
  uint64_t min_signal_stack;
  uint32_t uid, euid, gid, egid;
  bool secure;
  std::array<uint8_t, 16> random;
};

struct StackPlacement {
  uint64_t top;           // end of the stack's mapping: page-aligned
  uint64_t displacement;  // random, < 8192: how far the vectors are moved down
  uint64_t limit;         // RLIMIT_STACK
};

// Longest single argument, NUL included (Linux: MAX_ARG_STRLEN).
inline constexpr size_t kMaxArgument = 128 << 10;

// The bytes that belong at [pointer(), pointer() + bytes().size()). Owns them. Movable.
class StackImage {
 public:
  // E2BIG if build() would say so.
  static Result<void> check(const Invocation& invocation, const char* executable, uint64_t limit);
  // `executable` is AT_EXECFN. E2BIG by Linux' limits, ENOMEM.
  static Result<StackImage> build(const Invocation& invocation, const char* executable,
                                  const AuxiliaryFacts& facts, const StackPlacement& placement);
  StackImage(StackImage&& other) noexcept;
  StackImage& operator=(StackImage&&) = delete;
  ~StackImage();

  uint64_t pointer() const { return pointer_; }  // rsp at the first instruction: 16-byte aligned
  std::span<const uint8_t> bytes() const { return {bytes_, size_}; }
  // Addresses of the auxiliary vector and of the strings, for /proc/self.
  uint64_t auxiliary_begin() const { return auxiliary_begin_; }
  uint64_t auxiliary_end() const;
  uint64_t arguments_begin() const { return arguments_begin_; }
  uint64_t arguments_end() const { return environment_begin_; }
  uint64_t environment_end() const { return environment_end_; }

 private:
  struct Sizes;
  class Writer;
  StackImage() = default;
  static Result<Sizes> measure(const Invocation& invocation, const char* executable, uint64_t limit);
  // Decides where everything stands and allocates the buffer.
  Result<void> arrange(const Sizes& sizes, size_t strings, const StackPlacement& placement);
  void write_auxiliary(Writer& writer, const AuxiliaryFacts& facts) const;

  uint8_t* bytes_ = nullptr;
  size_t size_ = 0;
  uint64_t pointer_ = 0;
  uint64_t platform_ = 0;
  uint64_t random_ = 0;
  uint64_t auxiliary_begin_ = 0;
  uint64_t arguments_begin_ = 0;
  uint64_t environment_begin_ = 0;
  uint64_t environment_end_ = 0;
};

}  // namespace scone::loader
