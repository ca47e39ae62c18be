// Byte ranges and the 16-byte tags that name states of a volume.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace scone::volume {

using Bytes = std::span<const uint8_t>;
using MutableBytes = std::span<uint8_t>;

// Part of a file's contents.
struct Piece {
  uint64_t offset;
  Bytes bytes;
};

inline constexpr size_t kTagSize = 16;
using Tag = std::array<uint8_t, kTagSize>;

}  // namespace scone::volume
