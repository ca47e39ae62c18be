// Self-relocation of the static PIE.
#pragma once

namespace scone::entry {

// Applies the image's R_X86_64_RELATIVE relocations; once, before anything that needs an absolute address. The image is measured
// unrelocated, so MRENCLAVE does not depend on where it is loaded.
void relocate_image();

}  // namespace scone::entry
