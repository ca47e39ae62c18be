// The ENCLU leaves that an enclave executes inside, except EEXIT, which is a transition.
//
// Source: SDM vol. 3D, "Intel SGX User Leaf Function Reference": operation sections.
#pragma once

#include <cstdint>
#include <optional>

#include "host/device/soft/enclave.h"
#include "sgx/arch.h"

namespace scone::host::soft {

// Executes leaf registers.eax. Returns the exception it raises, with registers unchanged, or nullopt, with the leaf's outputs in
// registers. RIP is the caller's.
//
// `rounds` > 1 only for EACCEPT, EMODPE and EACCEPTCOPY: the leaf stands in a loop over pages (see enclave_loop_rounds() in
// gate.h) and up to that many rounds may be done at once. Then RCX, RDX and R8 are as the loop's own code leaves them before the last
// round that was done: advanced by 4096, 4096 and -1 for each round but that one.
std::optional<Fault> execute_leaf(SoftEnclave& enclave, sgx::GprSgx& registers, uint64_t rounds);

}  // namespace scone::host::soft
