// Loading the program that a start-up configuration names.
#pragma once

#include "enclave/loader/start.h"
#include "scf/configuration.h"

namespace scone::entry {

// Changes to the configured working directory, looks the program up as execvp(3) does, and loads it with the configured arguments
// and environment. As loader::load_program.
Result<loader::Entry> load_configured(const scf::Configuration& configuration, loader::LoadError& error);

}  // namespace scone::entry
