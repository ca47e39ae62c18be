// The console shield: stdin, stdout and stderr as authenticated, encrypted, numbered records (docs/formats/console.md).
#pragma once

#include "base/result.h"
#include "scf/configuration.h"

namespace scone::shield {

enum class ConsoleProblem : uint8_t {
  kNone,
  kNoOutput,     // stdout is not open on the host
  kNoInput,      // stdin is not open on the host
  kNoClient,     // the host's stdin gave no answer
  kWrongClient,  // an answer, but not one to this challenge under this key
  kFailed,       // no memory, no randomness, or the host's files cannot be written to
};
const char* describe(ConsoleProblem problem);

// Installs the descriptors 0, 1 and 2. In interactive mode a client must answer first: parks until it has. On the first thread, once.
// Unless the answer is kNone the program must not start.
ConsoleProblem start_console(const scf::Console& console);

// The program's terminal is inside: nobody could continue what its keys stop.
bool has_shielded_terminal();

// The process ends with a wait(2) status: completes both outputs. Does nothing if there is no shielded console. May park.
void end_console(int wait_status);

}  // namespace scone::shield
