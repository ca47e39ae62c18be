#include "enclave/file/io_vector.h"

#include <linux/errno.h>

#include <new>
#include <utility>

#include "base/min_max.h"
#include "enclave/runtime/memory.h"

namespace scone::file {
namespace {

// struct iovec of readv(2).
struct AppIovec {
  uint64_t base;
  uint64_t size;
};

}  // namespace

IoVector::IoVector(AppPtr<void> buffer, size_t size)
    : single_{buffer.address(), min_of(size, kMaxTransfer)}, remaining_(single_.size) {}

IoVector IoVector::of_runtime(void* buffer, size_t size) {
  IoVector vector(AppPtr<void>(reinterpret_cast<uint64_t>(buffer)), size);
  vector.runtime_ = true;
  return vector;
}

Result<IoVector> IoVector::from_app(AppPtr<const void> iovecs, size_t count) {
  if (count > kMaxSegments) return Errno(EINVAL);
  IoVector vector;
  if (count > 1) {
    auto* segments = new (std::nothrow) Segment[count];
    if (!segments) return Errno(ENOMEM);
    vector.segments_ = segments;
  }
  vector.count_ = count;
  static_assert(sizeof(Segment) == sizeof(AppIovec));
  TRY(boundary::copy_from_app(vector.segments_, iovecs, count * sizeof(AppIovec)));
  for (size_t i = 0; i < count; ++i) {
    Segment& segment = vector.segments_[i];
    if (static_cast<int64_t>(segment.size) < 0) return Errno(EINVAL);
    segment.size = min_of<uint64_t>(segment.size, kMaxTransfer - vector.remaining_);
    vector.remaining_ += segment.size;
  }
  return vector;
}

IoVector::IoVector(IoVector&& other) noexcept
    : single_(other.single_),
      segments_(other.segments_ == &other.single_ ? &single_ : other.segments_),
      count_(other.count_),
      current_(other.current_),
      remaining_(other.remaining_),
      runtime_(other.runtime_) {
  other.segments_ = &other.single_;
  other.remaining_ = 0;
}

IoVector::~IoVector() {
  if (segments_ != &single_) delete[] segments_;
}

void IoVector::advance(size_t count) {
  Segment& segment = segments_[current_];
  segment.address += count;
  segment.size -= count;
  remaining_ -= count;
}

// copy(address, done, size) moves `size` bytes between a segment and offset `done` of the other side.
template <typename Copy>
Result<size_t> IoVector::move(size_t length, Copy copy) {
  length = min_of(length, remaining_);
  size_t done = 0;
  while (done < length) {
    if (segments_[current_].size == 0) {
      ++current_;
      continue;
    }
    const size_t size = min_of<size_t>(length - done, segments_[current_].size);
    const Result<void> copied = copy(segments_[current_].address, done, size);
    if (!copied.ok()) {
      if (done > 0) break;
      return copied.error();
    }
    advance(size);
    done += size;
  }
  return done;
}

Result<size_t> IoVector::scatter(const void* from, size_t length) {
  const auto* bytes = static_cast<const uint8_t*>(from);
  return move(length, [&](uint64_t address, size_t done, size_t size) -> Result<void> {
    if (!runtime_) return boundary::copy_to_app(AppPtr<void>(address), bytes + done, size);
    // SAFETY: of_runtime()'s caller owns these bytes.
    memcpy(reinterpret_cast<void*>(address), bytes + done, size);
    return ok();
  });
}

Result<size_t> IoVector::gather(void* to, size_t length) {
  auto* bytes = static_cast<uint8_t*>(to);
  return move(length, [&](uint64_t address, size_t done, size_t size) -> Result<void> {
    if (!runtime_) return boundary::copy_from_app(bytes + done, AppPtr<const void>(address), size);
    // SAFETY: of_runtime()'s caller owns these bytes.
    memcpy(bytes + done, reinterpret_cast<const void*>(address), size);
    return ok();
  });
}

Result<size_t> IoVector::scatter(const HostBuffer& from, size_t offset, size_t length) {
  return move(length, [&](uint64_t address, size_t done, size_t size) -> Result<void> {
    if (!runtime_) return from.read_to_app(offset + done, AppPtr<void>(address), size);
    // SAFETY: of_runtime()'s caller owns these bytes.
    from.read(offset + done, reinterpret_cast<void*>(address), size);
    return ok();
  });
}

Result<size_t> IoVector::gather(HostBuffer& to, size_t offset, size_t length) {
  return move(length, [&](uint64_t address, size_t done, size_t size) -> Result<void> {
    if (!runtime_) return to.write_from_app(offset + done, AppPtr<const void>(address), size);
    // SAFETY: of_runtime()'s caller owns these bytes.
    to.write(offset + done, reinterpret_cast<const void*>(address), size);
    return ok();
  });
}

}  // namespace scone::file
