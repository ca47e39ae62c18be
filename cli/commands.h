// The verbs of `scone`. Each adds its options to the command line and runs when it was chosen.
#pragma once

#include <CLI/CLI.hpp>

#include "host/runner/clock.h"

namespace scone::cli {

void add_run(CLI::App& app, host::Clock& clock);
void add_hash(CLI::App& app);
void add_fspf(CLI::App& app);
void add_scf(CLI::App& app);
void add_console(CLI::App& app);

// Exit statuses of a shell that could not start a program.
inline constexpr int kCannotExecute = 126;
inline constexpr int kNotFound = 127;
// Anything that is scone's own failure, not the program's.
inline constexpr int kFailure = 125;

}  // namespace scone::cli
