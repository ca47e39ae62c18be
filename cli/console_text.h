// What `scone console` writes for people.
#pragma once

#include <string>
#include <string_view>

namespace scone::cli {

// A line that is the host's, not the program's: shown as that, and without power over the terminal.
std::string foreign_line(std::string_view line);

// Writes all, whatever a descriptor takes at once. False: it cannot be written to.
bool write_fully(int descriptor, std::string_view bytes);

}  // namespace scone::cli
