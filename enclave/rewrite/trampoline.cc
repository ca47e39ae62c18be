#include "enclave/rewrite/trampoline.h"

#include <optional>

namespace scone::rewrite {
namespace {

constexpr uint32_t kJccSize = 6;

void store32(uint8_t* to, uint32_t value) { __builtin_memcpy(to, &value, sizeof value); }

std::optional<uint32_t> displacement(uint64_t target, uint64_t next) {
  int64_t distance = static_cast<int64_t>(target - next);
  if (distance != static_cast<int32_t>(distance)) return std::nullopt;
  return static_cast<uint32_t>(distance);
}

uint32_t moved_size(const Instruction& instruction) {
  switch (instruction.flow) {
    case Flow::kSyscall:
      return kEntrySize;
    case Flow::kJump:
      return kJumpSize;
    case Flow::kBranch:
      return kJccSize;
    default:
      return instruction.length;
  }
}

// jmp or jcc rel32, ending at `next`.
bool write_branch(std::span<const uint8_t> opcode, uint64_t target, uint64_t next, uint8_t* out) {
  std::optional<uint32_t> distance = displacement(target, next);
  if (!distance) return false;
  for (uint8_t byte : opcode) *out++ = byte;
  store32(out, *distance);
  return true;
}

// The instruction at address `from` (its bytes: code), rewritten to run at `to`.
bool write_moved(const Instruction& instruction, std::span<const uint8_t> code, uint64_t from, uint64_t to,
                 uint8_t* out) {
  const uint64_t target =
      from + instruction.length + static_cast<uint64_t>(int64_t{instruction.displacement});
  const uint64_t next = to + moved_size(instruction);
  if (instruction.flow == Flow::kJump) return write_branch({{0xe9}}, target, next, out);
  if (instruction.flow == Flow::kBranch)
    return write_branch({{0x0f, static_cast<uint8_t>(0x80 | instruction.condition)}}, target, next, out);
  __builtin_memcpy(out, code.data(), instruction.length);
  if (!instruction.relative) return true;
  std::optional<uint32_t> distance = displacement(target, next);
  if (distance) store32(out + instruction.displacement_at, *distance);
  return distance.has_value();
}

void write_entry(uint32_t gs_offset, uint8_t* out) {
  constexpr uint8_t kLea[] = {0x48, 0x8d, 0x0d};         // lea rcx, [rip + disp32]
  constexpr uint8_t kJump[] = {0x65, 0xff, 0x24, 0x25};  // jmp *%gs:disp32
  constexpr uint32_t kJumpLength = sizeof kJump + 4;
  static_assert(sizeof kLea + 4 + kJumpLength == kEntrySize);
  __builtin_memcpy(out, kLea, sizeof kLea);
  store32(out + sizeof kLea, kJumpLength);
  out += sizeof kLea + 4;
  __builtin_memcpy(out, kJump, sizeof kJump);
  store32(out + sizeof kJump, gs_offset);
}

}  // namespace

Layout layout_of(const Window& window) {
  Layout layout;
  uint32_t moved = 0;
  for (uint32_t i = 0; i < window.count; ++i) {
    if (i == window.syscall) layout.entry = static_cast<uint8_t>(moved);
    layout.steps[layout.count++] = {window.parts[i].offset, static_cast<uint8_t>(moved)};
    moved += moved_size(window.parts[i].instruction);
  }
  Flow last = window.parts[window.count - 1].instruction.flow;
  layout.returns = last != Flow::kJump && last != Flow::kStop;
  if (layout.returns) {
    layout.steps[layout.count++] = {window.length, static_cast<uint8_t>(moved)};
    moved += kJumpSize;
  }
  layout.size = static_cast<uint8_t>(moved);
  return layout;
}

bool write_trampoline(const Window& window, const Layout& layout, std::span<const uint8_t> code,
                      uint64_t from, uint64_t to, uint32_t gs_offset, std::span<uint8_t> out) {
  for (uint32_t i = 0; i < window.count; ++i) {
    const Window::Part& part = window.parts[i];
    uint32_t moved = layout.steps[i].moved;
    if (i == window.syscall)
      write_entry(gs_offset, &out[moved]);
    else if (!write_moved(part.instruction, code.subspan(part.offset, part.instruction.length),
                          from + part.offset, to + moved, &out[moved]))
      return false;
  }
  if (!layout.returns) return true;
  uint32_t back = layout.size - kJumpSize;
  return write_branch({{0xe9}}, from + window.length, to + layout.size, &out[back]);
}

void write_jump(std::span<uint8_t> window, uint64_t from, uint64_t to, const Guard& guard) {
  constexpr uint8_t kPrefix = 0x2e;  // CS override: without meaning for a direct jump
  uint32_t size = guard.jump_size();
  for (uint32_t i = 0; i < guard.prefixes; ++i) window[i] = kPrefix;
  window[guard.prefixes] = 0xe9;
  store32(&window[guard.prefixes + 1u], static_cast<uint32_t>(to - (from + size)));
  for (size_t i = size; i < window.size(); ++i) window[i] = kFillByte;
}

}  // namespace scone::rewrite
