// What the rewriter needs to know of one instruction.
#pragma once

#include <Zydis/Decoder.h>

#include <cstdint>
#include <span>

namespace scone::rewrite {

enum class Flow : uint8_t {
  kNext,     // goes on with the instruction behind it
  kBranch,   // jcc rel8/rel32
  kJump,     // jmp rel8/rel32
  kStop,     // never reaches the instruction behind it: ret, indirect jmp, ud2, hlt, …
  kSyscall,  // 0f 05
  kOther,    // calls, interrupts, loop, jrcxz, xbegin, …: only ever stays where it is
};

struct Instruction {
  uint8_t length = 0;
  Flow flow = Flow::kOther;
  bool movable = false;         // runs the same at another address, when its displacement is re-based
  bool relative = false;        // `displacement` counts from the next instruction: a branch's target …
  uint8_t displacement_at = 0;  // … or a RIP-relative operand, whose 4 bytes start here; 0 = a branch
  uint8_t condition = 0;        // of a kBranch: 0 to 15
  bool vector = false;          // touches (or may touch) MMX, x87, XMM, YMM, ZMM or mask registers
  int32_t displacement = 0;
};

// Decodes 64-bit code. Thread safe after construction.
class Decoder {
 public:
  Decoder();
  // The instruction at the start of bytes; false if there is no valid one within them.
  bool decode(std::span<const uint8_t> bytes, Instruction& instruction) const;

 private:
  ZydisDecoder decoder_;
};

}  // namespace scone::rewrite
