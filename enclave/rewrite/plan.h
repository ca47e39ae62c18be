// Which sites of a segment can be redirected: the slow half of rewriting, independent of where trampolines stand.
//
// A plan is plain data. It may be kept with the file (by its verified hash) and be applied again later without a sweep;
// apply() still decodes every window and refuses what is not one.
#pragma once

#include <cstdint>

#include "base/array.h"
#include "base/result.h"
#include "enclave/rewrite/views.h"
#include "enclave/rewrite/window.h"

namespace scone::rewrite {

struct PlannedSite {
  WindowPlace window;
  bool vector = false;  // vector registers may be in use at the site
};

struct Plan {
  Array<PlannedSite> sites;  // ascending, without overlap
  uint32_t left = 0;         // system calls (or bytes that may be one) that stay as they are
};

// `entry`: an address known to be the start of a function (e_entry), or 0. In 2 GiB of code or more every
// site is left. Error: ENOMEM.
Result<Plan> make_plan(const CodeView& code, const UnwindView& unwind, uint64_t entry = 0);

}  // namespace scone::rewrite
