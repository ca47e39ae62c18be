// Sizes as people write them: 64M, 1G, 4096.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace scone::cli {

// Digits and at most one of K, M, G, T (powers of 1024, either case), with an optional B. Nothing on anything else or overflow.
std::optional<uint64_t> parse_size(std::string_view text);

// The same, if a heap may be limited to it: from 1M to 8T.
std::optional<uint64_t> parse_heap_size(std::string_view text);

}  // namespace scone::cli
