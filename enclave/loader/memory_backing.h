// For unit tests: a file whose contents are a vector.
#pragma once

#include <algorithm>
#include <cstring>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "enclave/mm/backing.h"

namespace scone::loader {

class MemoryBacking final : public mm::Backing {
 public:
  explicit MemoryBacking(std::vector<uint8_t> bytes) : bytes_(std::move(bytes)) {}

  Result<size_t> read(uint64_t offset, uint64_t to_address, size_t length) override {
    if (offset >= bytes_.size()) return size_t{0};
    const size_t count = std::min<size_t>(length, bytes_.size() - offset);
    std::memcpy(reinterpret_cast<void*>(to_address), bytes_.data() + offset, count);
    return count;
  }
  Result<size_t> write(uint64_t, uint64_t, size_t) override { return Errno(5); }
  Result<uint64_t> size() override { return uint64_t{claimed_size ? claimed_size : bytes_.size()}; }
  Result<void> sync() override { return ok(); }
  std::string_view name() const override { return "memory"; }
  uint64_t device() const override { return 1; }
  uint64_t inode() const override { return 1; }

  uint64_t claimed_size = 0;  // if not 0: a file of which only the beginning is here, or a host that lies

 private:
  std::vector<uint8_t> bytes_;
};

// The first `limit` bytes of a real file.
inline std::vector<uint8_t> file_bytes(const std::string& path, size_t limit = 16 << 10) {
  std::vector<uint8_t> bytes(limit);
  std::ifstream file(path, std::ios::binary);
  file.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(limit));
  bytes.resize(static_cast<size_t>(file.gcount()));
  return bytes;
}

}  // namespace scone::loader
