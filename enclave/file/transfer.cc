#include "enclave/file/transfer.h"

namespace scone::file {

Result<HostBuffer> allocate_piece(size_t length, size_t limit) {
  constexpr size_t kSmallest = 4096;
  for (size_t size = min_of(length, limit);; size /= 2) {
    Result<HostBuffer> buffer = HostBuffer::allocate(size);
    if (buffer.ok() || size <= kSmallest) return buffer;
  }
}

}  // namespace scone::file
