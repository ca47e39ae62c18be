// Keys and tags as people copy them.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace scone::cli {

std::string to_hexadecimal(std::span<const uint8_t> bytes);
// Nothing unless `text` is exactly `size` bytes in either case.
std::optional<std::vector<uint8_t>> from_hexadecimal(std::string_view text, size_t size);

}  // namespace scone::cli
