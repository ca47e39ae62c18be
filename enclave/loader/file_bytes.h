// A buffer on the runtime's heap for pieces of a file.
#pragma once

#include <linux/errno.h>

#include <cstddef>
#include <cstdint>
#include <new>
#include <span>
#include <utility>

#include "base/result.h"
#include "enclave/mm/backing.h"

namespace scone::loader {

// Not thread safe.
class FileBytes {
 public:
  // ENOMEM.
  static Result<FileBytes> allocate(size_t capacity) {
    auto* data = new (std::nothrow) uint8_t[capacity];
    if (!data) return Errno(ENOMEM);
    return FileBytes(data);
  }
  FileBytes(FileBytes&& other) noexcept : data_(std::exchange(other.data_, nullptr)) {}
  FileBytes& operator=(FileBytes&&) = delete;
  ~FileBytes() { delete[] data_; }

  // Reads the file at `offset`; fewer than `length` bytes only at its end. Replaces what was read before.
  // Precondition: length <= capacity. EIO.
  Result<std::span<uint8_t>> read(mm::Backing& file, uint64_t offset, size_t length) {
    const size_t count = TRY(file.read(offset, reinterpret_cast<uint64_t>(data_), length));
    if (count > length) return Errno(EIO);
    return std::span<uint8_t>(data_, count);
  }

  uint8_t* data() const { return data_; }

 private:
  explicit FileBytes(uint8_t* data) : data_(data) {}
  uint8_t* data_;
};

}  // namespace scone::loader
