// Starting a program: from a path to the first instruction.
#pragma once

#include <cstdint>

#include "base/result.h"
#include "enclave/boundary/log.h"
#include "enclave/loader/reason.h"

namespace scone::loader {

// What the first thread starts with: all other registers are zero.
struct Entry {
  uint64_t rip, rsp;
};

// What to tell the user about a program that could not be loaded.
struct LoadError {
  Reason reason = Reason::kNone;

  int exit_status() const { return loader::exit_status(reason); }
};
boundary::Line& operator<<(boundary::Line& line, const LoadError& error);

// Loads the program into mm::program(), which holds no other program (any more). Runs on the thread that will be the program's
// only one, and names it. `argv` and `envp` end with a null pointer; they and `path` are runtime memory and the caller's. On
// failure `error` says why, for people; the address space may then hold half a program.
// Precondition: process::init_credentials() and init_limits() have run.
Result<Entry> load_program(const char* path, const char* const* argv, const char* const* envp,
                           LoadError& error);

}  // namespace scone::loader
