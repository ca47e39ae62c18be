// Scans over a segment's raw bytes, which need no decoding.
#pragma once

#include <cstdint>
#include <span>

#include "base/array.h"
#include "base/result.h"
#include "enclave/rewrite/bitmap.h"

namespace scone::rewrite {

// True if the bytes 0f 05 occur: in the code of most files they do not.
bool has_syscall_bytes(std::span<const uint8_t> code);

// How often the bytes 0f 05 occur, as an instruction or inside one.
uint64_t count_syscall_bytes(std::span<const uint8_t> code);

// The offsets of all 0f 05, ascending. Error: ENOMEM.
Result<Array<uint32_t>> find_syscall_bytes(std::span<const uint8_t> code);

// Where code seems to lead, one bit for each byte of the segment and one for all that is outside.
struct References {
  Bitmap targets;
  Bitmap calls;  // the targets of calls alone: nearly always starts of functions
};

// Marks the target of everything that looks like a call, jmp or jcc with a rel32 or `lea reg, [rip + label]`, at
// every byte: whatever the instruction boundaries are, all real ones are among them (and a few others, by chance).
// `calls` stays empty unless asked for. Error: ENOMEM. Precondition: less than 2 GiB of code.
Result<References> find_references(std::span<const uint8_t> code, bool calls);

}  // namespace scone::rewrite
