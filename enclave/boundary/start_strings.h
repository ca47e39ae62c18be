// The program's path, arguments and environment, as the host gave them.
#pragma once

#include <cstdint>
#include <string_view>
#include <utility>

#include "base/result.h"

namespace scone::boundary {

// A private copy. Movable.
class StartStrings {
 public:
  // Copies and splits the host's block; a malformed one stops the enclave. ENOMEM.
  static Result<StartStrings> read();
  StartStrings(StartStrings&& other) noexcept
      : text_(std::exchange(other.text_, nullptr)), pointers_(std::exchange(other.pointers_, nullptr)) {}
  StartStrings& operator=(StartStrings&&) = delete;
  ~StartStrings();

  const char* path() const { return pointers_[0]; }
  // NULL-terminated, as execve(2) takes them.
  const char* const* argv() const { return pointers_ + 1; }
  const char* const* envp() const;
  // Takes a variable out of the environment and wipes it.
  void remove_variable(std::string_view name);

 private:
  StartStrings(char* text, const char** pointers) : text_(text), pointers_(pointers) {}
  char* text_;
  const char** pointers_;  // path, argv..., NULL, envp..., NULL
};

}  // namespace scone::boundary
