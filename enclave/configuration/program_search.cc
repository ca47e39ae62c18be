#include "enclave/configuration/program_search.h"

namespace scone::configuration {
namespace {

// confstr(_CS_PATH), which shells take when PATH is not set.
constexpr std::string_view kDefaultPath = "/bin:/usr/bin";

std::string_view path_variable(const scf::StringList& environment) {
  constexpr std::string_view kName = "PATH=";
  for (std::string_view variable : environment)
    if (variable.starts_with(kName)) return variable.substr(kName.size());
  return kDefaultPath;
}

bool join(std::string_view folder, std::string_view name, char (&path)[ProgramSearch::kMaxPath]) {
  const bool slash = !folder.empty();
  const size_t size = folder.size() + slash + name.size();
  if (name.empty() || size >= sizeof path) return false;
  __builtin_memcpy(path, folder.data(), folder.size());
  if (slash) path[folder.size()] = '/';
  __builtin_memcpy(path + folder.size() + slash, name.data(), name.size());
  path[size] = '\0';
  return true;
}

}  // namespace

ProgramSearch::ProgramSearch(const scf::Configuration& configuration) : name_(configuration.program) {
  if (name_.empty()) name_ = *configuration.arguments.begin();
  if (name_.find('/') == std::string_view::npos) folders_ = path_variable(configuration.environment);
}

bool ProgramSearch::next(char (&path)[kMaxPath]) {
  if (name_.find('/') != std::string_view::npos) {
    const bool first = !done_;
    done_ = true;
    return first && join({}, name_, path);
  }
  while (!done_) {
    const size_t colon = folders_.find(':');
    const std::string_view folder = folders_.substr(0, colon);
    done_ = colon == std::string_view::npos;
    if (!done_) folders_.remove_prefix(colon + 1);
    if (join(folder, name_, path)) return true;  // an empty folder is the current one
  }
  return false;
}

}  // namespace scone::configuration
