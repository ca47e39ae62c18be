#include "enclave/file/dirent.h"

namespace scone::file {
namespace {

// `room` begins behind a header and ends with the record.
bool valid_name(std::span<const uint8_t> room) {
  for (size_t i = 0; i < room.size(); ++i) {
    if (room[i] == '/') return false;
    if (room[i] == '\0') return i > 0;
  }
  return false;
}

}  // namespace

bool check_dirents(std::span<const uint8_t> bytes, int64_t& next) {
  while (!bytes.empty()) {
    if (bytes.size() < kDirentHeaderSize) return false;
    DirentHeader header;
    memcpy(&header, bytes.data(), sizeof header);
    if (header.size < kDirentHeaderSize || header.size > bytes.size() || header.size % 8 != 0) return false;
    if (!valid_name(bytes.subspan(kDirentHeaderSize, header.size - kDirentHeaderSize))) return false;
    next = header.next;
    bytes = bytes.subspan(header.size);
  }
  return true;
}

void append_dirent(Text& to, uint64_t inode, int64_t next, uint8_t type, std::string_view name) {
  const size_t size = dirent_size(name.size());
  char* place = to.extend(size);
  if (!place) return;
  const DirentHeader header{inode, next, static_cast<uint16_t>(size), type};
  memset(place, 0, size);
  memcpy(place, &header, sizeof header);
  memcpy(place + kDirentHeaderSize, name.data(), name.size());
}

}  // namespace scone::file
