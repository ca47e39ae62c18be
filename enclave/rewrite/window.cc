#include "enclave/rewrite/window.h"

namespace scone::rewrite {

std::optional<Window> decode_window(std::span<const uint8_t> code, uint32_t length, uint32_t syscall,
                                    const Decoder& decoder) {
  if (length > kLongestWindow || length > code.size() || length < kJumpSize) return std::nullopt;
  Window window;
  uint32_t offset = 0;
  bool found = false;
  while (offset < length) {
    if (window.count == std::size(window.parts)) return std::nullopt;
    Window::Part& part = window.parts[window.count];
    part.offset = static_cast<uint8_t>(offset);
    if (!decoder.decode(code.subspan(offset, length - offset), part.instruction)) return std::nullopt;
    if (offset == syscall && part.instruction.flow == Flow::kSyscall) {
      found = true;
      window.syscall = window.count;
    } else {
      if (!part.instruction.movable) return std::nullopt;
      // What does not lead to the system call is not its neighbour.
      if (offset < syscall && part.instruction.flow != Flow::kNext && part.instruction.flow != Flow::kBranch)
        return std::nullopt;
    }
    offset += part.instruction.length;
    ++window.count;
  }
  if (!found) return std::nullopt;
  window.length = static_cast<uint8_t>(length);
  return window;
}

std::optional<Guard> guard_of(const Window& window) {
  for (uint8_t prefixes = 0; prefixes <= kMaxPrefixes; ++prefixes) {
    Guard guard{.prefixes = prefixes};
    if (guard.jump_size() > window.length) break;
    bool possible = true;
    for (uint32_t i = 1; i < window.count; ++i) {
      uint32_t boundary = window.parts[i].offset;
      if (boundary >= guard.jump_size()) break;
      if (boundary == prefixes + 1u)
        guard.low = true;
      else if (boundary == prefixes + 2u)
        guard.second = true;
      else
        possible = false;
    }
    if (possible) return guard;
  }
  return std::nullopt;
}

std::optional<WindowPlace> choose_window(std::span<const uint8_t> code, const Sweep& sweep, size_t index,
                                         uint32_t floor, const Bitmap& references, const Decoder& decoder) {
  std::span<const uint32_t> starts = sweep.starts();
  const uint32_t site = starts[index];
  for (uint32_t before = 0; before <= kMaxBefore && before <= index; ++before) {
    uint32_t begin = starts[index - before];
    if (begin < floor) break;
    for (uint32_t behind = 0; behind <= kMaxBehind && index + behind < starts.size(); ++behind) {
      size_t next = index + behind + 1;
      uint32_t end = next < starts.size() ? starts[next] : sweep.end();
      if (end - begin < kJumpSize) continue;
      if (end - begin > kLongestWindow || references.any(begin + 1, end)) break;
      std::optional<Window> window = decode_window(code.subspan(begin), end - begin, site - begin, decoder);
      if (!window) break;
      if (guard_of(*window))
        return WindowPlace{begin, static_cast<uint8_t>(end - begin), static_cast<uint8_t>(site - begin)};
    }
  }
  return std::nullopt;
}

}  // namespace scone::rewrite
