// The calls that an exit carries with it (abi::PostedCall).
#pragma once

#include "abi/border.h"

namespace scone::host {

struct Process;

// Performs them in order and leaves their results. False: a result is awaited or unexpected, so the enclave wants to be entered soon.
bool perform_posted(Process& process, abi::EthreadArea& area);

}  // namespace scone::host
