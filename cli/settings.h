// What decided about the enclave's resources: the command line before the environment, that before the configuration file, that before the
// machine.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace scone::cli {

struct Setting {
  std::string value;   // empty: nobody said anything
  std::string origin;  // the option or variable that said it
};

// An option's value, else the variable's.
Setting said_by(const std::string& value, const char* option, const char* variable);

// For --stats.
struct Settings {
  struct Number {
    uint64_t value = 0;
    std::string origin = "automatic";
  };
  Number ethreads;
  Number heap;                       // bytes
  std::vector<std::string> ignored;  // variables and commands of SCONE's that have no meaning here
};

// The variables that are set, but about which the runtime decides itself.
std::vector<std::string> ignored_variables();

}  // namespace scone::cli
