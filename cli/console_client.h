// scone console -- COMMAND: the client's end of a shielded console.
#pragma once

#include <string>
#include <vector>

#include "console/session.h"

namespace scone::cli {

struct ConsoleClientOptions {
  std::vector<std::string> command;
  bool interactive = true;  // the console asks for a client, and takes input
};

// Runs the command; encrypts our stdin, decrypts its stdout and stderr. Returns the exit status: the program's, or kTampered, or
// kFailure.
int run_console(console::Key key, const ConsoleClientOptions& options);

}  // namespace scone::cli
