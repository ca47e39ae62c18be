// The buffers of one read or write: a list of segments with a cursor.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/result.h"
#include "enclave/boundary/app_ptr.h"
#include "enclave/boundary/host_buffer.h"

namespace scone::file {

// Segments are the program's (struct iovec, copied and checked), consumed front to back. The total never exceeds
// kMaxTransfer, as the kernel's MAX_RW_COUNT.
class IoVector {
 public:
  static constexpr size_t kMaxTransfer = 0x7ffff000;
  static constexpr size_t kMaxSegments = 1024;  // UIO_MAXIOV

  // One buffer of the program. Larger sizes are cut to kMaxTransfer.
  IoVector(AppPtr<void> buffer, size_t size);
  // One buffer of the runtime's own, for transfers that the program does not see (sendfile, the loader).
  static IoVector of_runtime(void* buffer, size_t size);
  // From a program's struct iovec[count]. EINVAL (count, a negative size), EFAULT, ENOMEM.
  static Result<IoVector> from_app(AppPtr<const void> iovecs, size_t count);
  IoVector(IoVector&&) noexcept;
  IoVector& operator=(IoVector&&) = delete;
  ~IoVector();

  // Bytes that are left.
  size_t remaining() const { return remaining_; }

  // Moves up to `length` bytes between the segments and the other side and advances. EFAULT; nothing is
  // advanced beyond what was copied. Returns the bytes moved (= min(length, remaining())), unless none could be.
  Result<size_t> scatter(const void* from, size_t length);
  Result<size_t> gather(void* to, size_t length);
  Result<size_t> scatter(const HostBuffer& from, size_t offset, size_t length);
  Result<size_t> gather(HostBuffer& to, size_t offset, size_t length);

 private:
  struct Segment {
    uint64_t address;
    uint64_t size;
  };
  IoVector() = default;
  template <typename Copy>
  Result<size_t> move(size_t length, Copy copy);
  void advance(size_t count);
  Segment single_{};
  Segment* segments_ = &single_;  // owned if not &single_
  size_t count_ = 1;
  size_t current_ = 0;
  size_t remaining_ = 0;
  bool runtime_ = false;  // segments are the runtime's own memory
};

}  // namespace scone::file
