// Loading in two steps, so that execve(2) can fail while the old program is still there.
#pragma once

#include <span>

#include "base/result.h"
#include "enclave/loader/argument_list.h"
#include "enclave/loader/executable.h"
#include "enclave/loader/script.h"
#include "enclave/loader/stack.h"
#include "enclave/loader/start.h"

namespace scone::loader {

// Large: meant for the heap. Used once, by one thread.
class ProgramLoad {
 public:
  // Opens and checks everything that is needed; touches no program memory. The strings are the caller's and outlive this.
  Result<void> prepare(const char* path, const char* const* argv, const char* const* envp, Reason& why);
  // Maps the program. After prepare() succeeded; from here on the old program is lost.
  Result<Entry> commit(Reason& why);

 private:
  Result<void> find_program(const char* path, Reason& why);
  Result<void> map_images(Reason& why);
  Result<StackImage> build_stack() const;
  Result<void> map_stack(const StackImage& stack);
  Result<void> publish(const StackImage& stack);

  const char* path_ = nullptr;
  ArgumentList arguments_;
  std::span<const char* const> environment_;
  ScriptLine scripts_[kMaxScriptDepth];
  Executable program_;
  Executable interpreter_;  // no file: the program has none
  uint64_t program_bias_ = 0;
  uint64_t interpreter_bias_ = 0;
  uint64_t vdso_ = 0;
};

}  // namespace scone::loader
