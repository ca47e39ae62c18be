// Which instructions around a system call move into its trampoline, and the jump that takes their place.
//
// A window is a run of whole instructions with the `syscall` among them. It is overwritten by a 5-byte `jmp rel32`,
// or a 6- or 7-byte one with meaningless prefixes, and filled up with a byte that is no instruction:
//
//      byte      0     1     2     3     4     5   6 …
//      plain     e9    d0    d1    d2    d3    06  06       d0 d1 d2 d3: the displacement, little-endian
//      1 prefix  2e    e9    d0    d1    d2    d3  06
//      2 prefixes 2e   2e    e9    d0    d1    d2  d3
//
// Execution may arrive inside a window at the boundaries between the moved instructions (never elsewhere: whatever
// jumps there meant one of the original instructions). Every such boundary must trap: the byte there is either fill, or
// d0 or d1, and the trampoline is placed so that this byte of the displacement is an opcode that is invalid in 64-bit
// mode (SDM volume 2, appendix A: "i64"). Such an arrival raises #UD, and the handler goes on in the trampoline
// (SiteTable::resume_address). So jump tables, landing pads, computed gotos, signal handlers and return addresses that
// name a place inside a window need not be found: they are slow, never wrong.
#pragma once

#include <cstdint>
#include <optional>

#include "enclave/rewrite/bitmap.h"
#include "enclave/rewrite/instruction.h"
#include "enclave/rewrite/sweep.h"

namespace scone::rewrite {

inline constexpr uint32_t kJumpSize = 5;
inline constexpr uint8_t kFillByte = 0x06;
inline constexpr uint32_t kMaxPrefixes = 2;
inline constexpr uint32_t kMaxBefore = 4;  // instructions moved from before and behind the syscall
inline constexpr uint32_t kMaxBehind = 5;
inline constexpr uint32_t kLongestWindow = 24;

// True for the one-byte opcodes that raise #UD in 64-bit mode whatever follows, with or without APX.
constexpr bool is_trap_byte(uint8_t byte) {
  switch (byte) {
    case 0x06:
    case 0x07:
    case 0x0e:
    case 0x16:
    case 0x17:
    case 0x1e:
    case 0x1f:
    case 0x27:
    case 0x2f:
    case 0x37:
    case 0x3f:
    case 0x60:
    case 0x61:
    case 0x82:
    case 0x9a:
    case 0xce:
    case 0xd4:
    case 0xd6:
    case 0xea:
      return true;
    default:
      return false;
  }
}

// The instructions of a window.
struct Window {
  struct Part {
    Instruction instruction;
    uint8_t offset = 0;  // from the window's begin
  };
  Part parts[kMaxBefore + 1 + kMaxBehind];
  uint8_t count = 0;
  uint8_t syscall = 0;  // index of the system call
  uint8_t length = 0;   // bytes
};

// How the jump must be formed for all boundaries to trap.
struct Guard {
  uint8_t prefixes = 0;  // before e9
  bool low = false;      // d0 must be a trap byte
  bool second = false;   // d1 must be a trap byte
  uint32_t jump_size() const { return kJumpSize + prefixes; }
};

// The `length` bytes at the start of code as a window whose system call is at byte `syscall`. Nothing, if they are not
// that many whole instructions, or if one of them cannot move.
std::optional<Window> decode_window(std::span<const uint8_t> code, uint32_t length, uint32_t syscall,
                                    const Decoder& decoder);

// Nothing, if no form of the jump guards all boundaries.
std::optional<Guard> guard_of(const Window& window);

// The place of a window in its segment: offset of its first byte, its length, the system call's offset inside it.
struct WindowPlace {
  uint32_t begin = 0;
  uint8_t length = 0;
  uint8_t syscall = 0;
};

// The best window for the system call that is instruction `index` of the sweep: not below `floor`, no known branch
// target inside, guarded.
std::optional<WindowPlace> choose_window(std::span<const uint8_t> code, const Sweep& sweep, size_t index,
                                         uint32_t floor, const Bitmap& references, const Decoder& decoder);

}  // namespace scone::rewrite
