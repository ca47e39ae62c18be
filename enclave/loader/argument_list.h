// Argument lists that scripts put something in front of.
#pragma once

#include <linux/errno.h>

#include <cstddef>
#include <new>
#include <span>

#include "base/result.h"
#include "enclave/loader/script.h"

namespace scone::loader {

// Length of a list as execve(2) takes it, without its null pointer.
inline std::span<const char* const> list_of(const char* const* pointers) {
  size_t count = 0;
  while (pointers[count]) ++count;
  return {pointers, count};
}

// Pointers to strings of others. Not thread safe.
class ArgumentList {
 public:
  ArgumentList() = default;
  ArgumentList(const ArgumentList&) = delete;
  ArgumentList& operator=(const ArgumentList&) = delete;
  ~ArgumentList() { delete[] pointers_; }

  // ENOMEM. Once.
  Result<void> assign(std::span<const char* const> arguments) {
    // As Linux since 5.18: no program is started without argv[0].
    const size_t count = arguments.empty() ? 1 : arguments.size();
    end_ = kRoom + count;
    pointers_ = new (std::nothrow) const char*[end_];
    if (!pointers_) return Errno(ENOMEM);
    first_ = kRoom;
    pointers_[first_] = "";
    for (size_t i = 0; i < arguments.size(); ++i) pointers_[first_ + i] = arguments[i];
    return ok();
  }
  // `script`, started as argv[0], is run by an interpreter: argv becomes interpreter, its argument, script, the rest. At most
  // kMaxScriptDepth times. The strings outlive the list.
  void run_by(const char* script, const ScriptLine& line) {
    pointers_[first_] = script;
    if (line.argument[0] != '\0') pointers_[--first_] = line.argument;
    pointers_[--first_] = line.interpreter;
  }
  std::span<const char* const> list() const { return {pointers_ + first_, end_ - first_}; }

 private:
  static constexpr size_t kRoom = 2 * kMaxScriptDepth;
  const char** pointers_ = nullptr;
  size_t first_ = 0, end_ = 0;
};

}  // namespace scone::loader
