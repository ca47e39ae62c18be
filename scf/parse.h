// From the body of a start-up configuration to what it says.
#pragma once

#include "scf/configuration.h"
#include "scf/defect.h"

namespace scone::scf {

// Parses all of `body`, which may hold anything. Strict: one way to say each thing, nothing unknown, nothing left over. The
// configuration refers to `body`. If the answer is not Defect::kNone, `configuration` is of no use.
Defect parse(Bytes body, Configuration& configuration);

}  // namespace scone::scf
