// The start-up configuration of this process, if it has one that the host cannot read or change.
#pragma once

#include "scf/configuration.h"
#include "scf/defect.h"

namespace scone::configuration {

// Decrypts and parses what the host handed over. Once, on the first thread, before anything else of the program. Afterwards there
// is a configuration, or the host gave none; anything but kNone means that the program must not start.
scf::Defect receive();

// nullptr: there is none; arguments and environment are the host's. Lives as long as the process.
const scf::Configuration* trusted();

// Overwrites the keys in trusted(): call when everybody who needs one has taken it.
void wipe_keys();

}  // namespace scone::configuration
