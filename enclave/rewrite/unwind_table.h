// Function boundaries from .eh_frame_hdr and .eh_frame.
//
// Formats: Linux Standard Base Core 5.0, sections 10.5 to 10.7 (DWARF extensions, exception frames, the binary
// search table). Everything read is file data and is bounds-checked; what does not parse yields no function.
#pragma once

#include <cstdint>
#include <optional>

#include "enclave/rewrite/views.h"

namespace scone::rewrite {

// Where an address stands: in a function, or in a gap that no function description covers.
struct Place {
  FunctionRange range;
  bool function = false;
};

class UnwindTable {
 public:
  // A header that is absent or in a form we do not know makes a table without entries.
  UnwindTable(const UnwindView& view, FunctionRange code);

  // Precondition: address in code. Nothing, if the entries around it contradict each other or lead outside.
  // Without entries the whole of code is one gap. O(log n).
  std::optional<Place> find(uint64_t address) const;

 private:
  std::optional<uint64_t> start_of(uint64_t index) const;
  std::optional<FunctionRange> function_of(uint64_t index) const;

  DataView data_;
  uint64_t header_;
  FunctionRange code_;
  uint64_t table_ = 0;
  uint64_t count_ = 0;
};

}  // namespace scone::rewrite
