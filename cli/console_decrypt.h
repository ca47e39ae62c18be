// scone console decrypt: a recorded console, from stdin.
#pragma once

#include "console/session.h"

namespace scone::cli {

// Writes what the program wrote to our stdout and stderr; returns the exit status: the program's, or kTampered.
int decrypt_console(console::Key key);

}  // namespace scone::cli
