// A ring of bytes: what is in a pipe. Pure: no locks, no waiting.
#pragma once

#include <linux/errno.h>

#include <cstddef>
#include <cstdint>
#include <new>
#include <span>

#include "base/min_max.h"
#include "base/result.h"
#include "enclave/runtime/memory.h"

namespace scone::file {

// Memory is taken with the first resize(). Not thread safe.
class ByteRing {
 public:
  ByteRing() = default;
  ByteRing(const ByteRing&) = delete;
  ByteRing& operator=(const ByteRing&) = delete;
  ~ByteRing() { delete[] bytes_; }

  size_t capacity() const { return capacity_; }
  size_t used() const { return used_; }
  size_t free() const { return capacity_ - used_; }

  // Keeps the contents. EBUSY: they do not fit; ENOMEM.
  Result<void> resize(size_t capacity) {
    if (capacity < used_) return Errno(EBUSY);
    auto* bytes = new (std::nothrow) uint8_t[capacity];
    if (!bytes) return Errno(ENOMEM);
    const size_t first = min_of(used_, capacity_ - begin_);
    if (used_ > 0) {
      memcpy(bytes, bytes_ + begin_, first);
      memcpy(bytes + first, bytes_, used_ - first);
    }
    delete[] bytes_;
    bytes_ = bytes;
    capacity_ = capacity;
    begin_ = 0;
    return ok();
  }

  // A stretch of contents, or of room, that has no wrap in it: the first, or the one that begins behind `skip` bytes.
  // Empty only if there is none at all. Precondition: skip <= used().
  std::span<const uint8_t> contents(size_t skip = 0) const {
    const size_t place = begin_ + skip < capacity_ ? begin_ + skip : begin_ + skip - capacity_;
    return {bytes_ + place, min_of(used_ - skip, capacity_ - place)};
  }
  std::span<uint8_t> room() {
    const size_t end = begin_ + used_ < capacity_ ? begin_ + used_ : begin_ + used_ - capacity_;
    return {bytes_ + end, end < begin_ ? begin_ - end : min_of(free(), capacity_ - end)};
  }
  // Preconditions: count <= used(), count <= room().size().
  void consume(size_t count) {
    used_ -= count;
    begin_ += count;
    if (begin_ >= capacity_) begin_ -= capacity_;
    if (used_ == 0) begin_ = 0;
  }
  void produce(size_t count) { used_ += count; }
  // Takes back what was produced last. Precondition: count <= used().
  void retract(size_t count) { used_ -= count; }

 private:
  uint8_t* bytes_ = nullptr;
  size_t capacity_ = 0;
  size_t begin_ = 0;  // < capacity_, or 0
  size_t used_ = 0;
};

}  // namespace scone::file
