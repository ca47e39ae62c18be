// The code of a trampoline.
//
//            [instructions from before the syscall]
//   entry:   lea rcx, [rip + after]
//            jmp *%gs:entry_offset
//   after:   [instructions from behind the syscall]
//            jmp back                       ; left out behind a ret or jmp
//
// The runtime's entry gets the state of a `syscall` instruction: the program's registers and flags, and in rcx the address
// to return to. It may clobber rcx and r11, nothing else, not even bytes below rsp (red zone).
#pragma once

#include <cstdint>
#include <span>

#include "enclave/rewrite/window.h"

namespace scone::rewrite {

// From `entry` to `after`.
inline constexpr uint32_t kEntrySize = 15;
inline constexpr uint32_t kMaxSteps = kMaxBefore + 1 + kMaxBehind + 2;

// A boundary inside the window and the same place in the trampoline, as offsets from their starts.
struct Step {
  uint8_t original;
  uint8_t moved;
};

// Where each part of a window stands in its trampoline.
struct Layout {
  Step steps
      [kMaxSteps];  // ascending: every instruction of the window, `after`, and the jump back if there is one
  uint8_t count = 0;
  uint8_t entry = 0;     // offset of `entry`
  uint8_t size = 0;      // bytes
  bool returns = false;  // ends with the jump back
};

Layout layout_of(const Window& window);

// Writes the trampoline that will run at `to` for a window that runs at `from`; `code` holds the window's bytes.
// False if a displacement does not reach from there (out is then in pieces). Precondition: out has layout.size bytes.
bool write_trampoline(const Window& window, const Layout& layout, std::span<const uint8_t> code,
                      uint64_t from, uint64_t to, uint32_t gs_offset, std::span<uint8_t> out);

// Overwrites a window, which runs at `from`, with the jump to `to`. Precondition: `to` was placed as guard demands.
void write_jump(std::span<uint8_t> window, uint64_t from, uint64_t to, const Guard& guard);

}  // namespace scone::rewrite
