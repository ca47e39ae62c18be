// Host memory that carries the arguments and results of forwarded system calls.
//
// The allocator's metadata lives in the enclave; the host sees only contents. What is read from a buffer may
// have changed since it was written: read it once, check it, use the copy.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/result.h"
#include "enclave/boundary/app_ptr.h"

namespace scone::boundary {

// Owns a piece of the host arena. Movable. Not thread safe; the allocator is.
class HostBuffer {
 public:
  // Largest single buffer. Larger transfers go in pieces.
  static constexpr size_t kMaxSize = 1 << 20;

  HostBuffer() = default;
  // ENOMEM when the arena is exhausted. size may be 0.
  static Result<HostBuffer> allocate(size_t size);
  HostBuffer(HostBuffer&& other) noexcept;
  HostBuffer& operator=(HostBuffer&& other) noexcept;
  ~HostBuffer();

  // What the host gets to see as a pointer argument.
  uint64_t address() const { return address_; }
  size_t size() const { return size_; }

  // Preconditions: offset + length <= size(). Enclave memory ↔ host memory.
  void write(size_t offset, const void* from, size_t length);
  void read(size_t offset, void* to, size_t length) const;
  // Program memory ↔ host memory, one copy. EFAULT.
  Result<void> write_from_app(size_t offset, AppPtr<const void> from, size_t length);
  Result<void> read_to_app(size_t offset, AppPtr<void> to, size_t length) const;

  template <typename T>
  void put(size_t offset, const T& value) {
    write(offset, &value, sizeof value);
  }
  template <typename T>
  T get(size_t offset) const {
    T value;
    read(offset, &value, sizeof value);
    return value;
  }
  // A buffer that holds a C string.
  static Result<HostBuffer> string(const char* text);
  // `size` bytes of host memory that are not the arena's, for receive_buffers.h.
  static HostBuffer of_host(uint64_t address, size_t size);

 private:
  uint64_t address_ = 0;
  size_t size_ = 0;
};

}  // namespace scone::boundary

namespace scone {
using boundary::HostBuffer;
}
