// Records of getdents64(2).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "enclave/file/text.h"

namespace scone::file {

// struct linux_dirent64 up to its name.
struct DirentHeader {
  uint64_t inode;
  int64_t next;   // the position behind this record
  uint16_t size;  // of the whole record
  uint8_t type;   // DT_*
} __attribute__((packed));
inline constexpr size_t kDirentHeaderSize = 19;
static_assert(sizeof(DirentHeader) == kDirentHeaderSize);

inline constexpr uint8_t kDirentDirectory = 4;  // DT_DIR
inline constexpr uint8_t kDirentRegular = 8;    // DT_REG
inline constexpr uint8_t kDirentLink = 10;      // DT_LNK

// True if `bytes` are whole records with sizes that add up, and names that are not empty, terminated within their record and
// without slashes: what a program may be shown. `next` becomes the position behind the last record.
bool check_dirents(std::span<const uint8_t> bytes, int64_t& next);

// Bytes of a record with a name of this length.
constexpr size_t dirent_size(size_t name_length) {
  return (kDirentHeaderSize + name_length + 1 + 7) & ~size_t{7};
}
// Appends a record.
void append_dirent(Text& to, uint64_t inode, int64_t next, uint8_t type, std::string_view name);

}  // namespace scone::file
