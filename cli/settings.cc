#include "cli/settings.h"

#include <cstdlib>

namespace scone::cli {
namespace {

// Queues of system calls and how long they are polled; thread stacks, which the program's C library makes.
constexpr const char* kWithoutMeaning[] = {"SCONE_QUEUES", "SCONE_SLOTS",  "SCONE_SSPINS",
                                           "SCONE_SSLEEP", "SCONE_ESPINS", "SCONE_STACK"};

std::string value_of(const char* variable) {
  const char* value = getenv(variable);
  return value ? value : "";
}

}  // namespace

Setting said_by(const std::string& value, const char* option, const char* variable) {
  if (!value.empty()) return {value, option};
  return {value_of(variable), variable};
}

std::vector<std::string> ignored_variables() {
  std::vector<std::string> result;
  for (const char* variable : kWithoutMeaning)
    if (!value_of(variable).empty()) result.emplace_back(variable);
  return result;
}

}  // namespace scone::cli
