// From a checked ELF image to the mappings that load it. Arithmetic only.
#pragma once

#include <cstdint>

#include "base/result.h"
#include "enclave/loader/elf_image.h"

namespace scone::loader {

struct AddressRange {
  uint64_t begin, end;
  uint64_t length() const { return end - begin; }
};

// How one segment comes into memory, in this order. Empty ranges: nothing to do.
struct SegmentPlan {
  AddressRange file;  // whole pages, from file_offset on
  uint64_t file_offset;
  AddressRange zero;       // behind the file's bytes, in the last of those pages
  AddressRange anonymous;  // whole pages
  mm::Prot prot;
};

// Precondition: the image's span with `bias` lies in the address space (choose_bias, fits).
SegmentPlan plan_segment(const Segment& segment, uint64_t bias);

// True if the image at `bias` (modulo 2^64) lies in `window`.
bool fits(const ElfImage& image, uint64_t bias, AddressRange window);

// A bias for a position-independent image, such that it lies in `window`, aligned as it wants; `choice` picks among the
// possible ones. ENOMEM if there is none.
Result<uint64_t> choose_bias(const ElfImage& image, AddressRange window, uint64_t choice);

}  // namespace scone::loader
