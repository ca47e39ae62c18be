// Redirects `syscall` instructions (0f 05) of a freshly loaded executable segment into the runtime.
//
// A site whose neighbourhood can be moved into a trampoline (trampoline.h) gets a jump there; every other site stays
// as it is, traps (#UD inside an enclave) and is served the same way, only slower. Why it is safe:
//
//  1. Boundaries. Only what decodes as the instruction `syscall` counts; 0f 05 inside another instruction does not.
//     A function's instructions are decoded from its FDE's start; every one must decode, the last must end at the
//     FDE's end, and every direct branch in it must lead to a boundary (or behind a lock prefix). Without an
//     FDE (musl, Go, some static programs) the surroundings are decoded from call targets, and the call targets and
//     branches met must all agree with the boundaries found. One contradiction, and the site stays.
//  2. Moving. The moved instructions are position independent, or are jmp, jcc or RIP-relative operands, which are
//     re-encoded with a range check. No call (its return address would lie in a trampoline), loop, jrcxz,
//     xbegin, interrupt, endbr or second syscall is moved. An rt_sigreturn site stays: unwinders know its bytes.
//  3. Arrivals. No known branch target lies strictly inside a window: neither a decoded branch's, nor that of anything
//     in the whole segment that looks like a rel32 call, jump or `lea` of a label. Every arrival that cannot be known
//     from the code (jump tables, landing pads, computed gotos, a changed signal frame, a return address made by hand)
//     meets an invalid opcode at each inner boundary; the #UD handler continues at SiteTable::resume_address. See
//     window.h.
//  4. Addresses. What the program can see of a trampoline address (signal frames, unwinding) is translated back:
//     SiteTable::original_address.
//
// What the caller must do: on #UD at address A, if resume_address(A) != A, continue there. Keep the trampoline area
// R+X as long as the segment. Call remove() when code is unmapped or overwritten.
//
// `vector` of a site says that its function uses vector registers, or that the function is not known. It relies on
// the calling convention (all vector registers are call-clobbered), which gcc's -fipa-ra may bend for local functions.
#pragma once

#include <cstdint>

#include "base/result.h"
#include "enclave/rewrite/plan.h"
#include "enclave/rewrite/site_table.h"
#include "enclave/rewrite/views.h"

namespace scone::rewrite {

// Where, relative to GS, the addresses of the runtime's two entries stand.
struct EntryOffsets {
  uint32_t general = 0;
  uint32_t vector = 0;  // for sites at which vector registers may be in use
};

struct Outcome {
  uint32_t rewritten = 0;
  uint32_t left = 0;              // stay, and trap
  uint64_t trampoline_bytes = 0;  // used, from the area's start; what lies behind may be given back
};

// A size for the trampoline area that has a place for (nearly) each of so many sites; 0 for none. A multiple of the
// page size. A smaller area is no error: sites without a place are left.
uint64_t trampoline_bytes_needed(uint64_t sites);

// Writes trampolines into `area` and jumps over the planned sites of `code`, and adds them to the table. The plan
// must be of this code; windows that do not decode as the plan says are left.
// Errors: ENOMEM; EINVAL (area misaligned, or not within 2 GiB of the code). The code is unchanged then.
Result<Outcome> apply(const Plan& plan, const CodeView& code, const TrampolineArea& area,
                      const EntryOffsets& entries, SiteTable& table);

// make_plan() and apply(). Errors: theirs.
Result<Outcome> rewrite(const CodeView& code, const UnwindView& unwind, const TrampolineArea& area,
                        const EntryOffsets& entries, SiteTable& table, uint64_t program_entry = 0);

}  // namespace scone::rewrite
