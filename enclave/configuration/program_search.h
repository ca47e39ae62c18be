// Where to look for a program, as execvp(3) does.
#pragma once

#include <string_view>

#include "scf/configuration.h"

namespace scone::configuration {

// Gives the paths to try, in order. Refers to the configuration.
class ProgramSearch {
 public:
  static constexpr size_t kMaxPath = 4096;
  explicit ProgramSearch(const scf::Configuration& configuration);

  // Writes the next path and its NUL to `path`. False: that was all. Paths that are too long are left out.
  bool next(char (&path)[kMaxPath]);

 private:
  std::string_view name_;
  std::string_view folders_;  // those of PATH that are left, with ':' between
  bool done_ = false;
};

}  // namespace scone::configuration
