// A second opinion on a rewritten segment, written independently of the rewriter: it looks at the bytes only.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "enclave/rewrite/site_table.h"
#include "enclave/rewrite/views.h"

namespace scone::rewrite {

// Compares `patched` with `original` (the same segment, at `address`) and the trampolines in `area`. Returns what is
// wrong, or nothing:
// - bytes differ inside the sites' windows only, and the windows do not overlap;
// - each window is a jump to its trampoline, and each inner boundary of the original instructions traps;
// - the trampoline holds the same instructions with the same operands and targets, the call, and the way back;
// - in those of `functions` that hold a window it begins on a boundary, and no branch leads strictly inside it;
// - the table's lookups agree with all this.
std::string check(std::span<const uint8_t> original, std::span<const uint8_t> patched, uint64_t address,
                  const TrampolineArea& area, const SiteTable& table,
                  std::span<const FunctionRange> functions, uint32_t general, uint32_t vector);

// All sites of a table whose windows lie in the segment.
std::vector<Site> sites_in(const SiteTable& table, uint64_t begin, uint64_t end);

}  // namespace scone::rewrite
