// File types in st_mode (inode(7)). Own names, because <linux/stat.h> hides its own when it finds the C library's headers.
#pragma once

#include <cstdint>

namespace scone::file {

inline constexpr uint32_t kModeType = 0170000;
inline constexpr uint32_t kModeSocket = 0140000;
inline constexpr uint32_t kModeLink = 0120000;
inline constexpr uint32_t kModeRegular = 0100000;
inline constexpr uint32_t kModeBlock = 0060000;
inline constexpr uint32_t kModeDirectory = 0040000;
inline constexpr uint32_t kModeCharacter = 0020000;
inline constexpr uint32_t kModeFifo = 0010000;
inline constexpr uint32_t kModePermissions = 07777;

}  // namespace scone::file
