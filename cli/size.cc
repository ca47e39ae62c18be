#include "cli/size.h"

#include <charconv>

namespace scone::cli {

std::optional<uint64_t> parse_size(std::string_view text) {
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) return std::nullopt;
  std::string_view unit(end, static_cast<size_t>(text.data() + text.size() - end));
  if (unit.size() > 1 && (unit.back() == 'B' || unit.back() == 'b')) unit.remove_suffix(1);
  if (unit.empty()) return number;
  constexpr std::string_view kUnits = "KMGT";
  const size_t power = kUnits.find(static_cast<char>(unit[0] & ~0x20));
  if (unit.size() != 1 || power == std::string_view::npos) return std::nullopt;
  uint64_t size;
  if (__builtin_mul_overflow(number, uint64_t{1} << (10 * (power + 1)), &size)) return std::nullopt;
  return size;
}

std::optional<uint64_t> parse_heap_size(std::string_view text) {
  constexpr uint64_t kSmallest = uint64_t{1} << 20;
  constexpr uint64_t kLargest = uint64_t{8} << 40;
  const auto size = parse_size(text);
  return size && *size >= kSmallest && *size <= kLargest ? size : std::nullopt;
}

}  // namespace scone::cli
