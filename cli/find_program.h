// Finding a program as execvp(3) does.
#pragma once

#include <string>

namespace scone::cli {

// The path of `name`: itself if it holds a slash, otherwise the first executable file of that name in PATH. Empty: none.
std::string find_program(const std::string& name);

}  // namespace scone::cli
