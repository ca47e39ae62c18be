// A growing array of plain values whose growth can fail.
#pragma once

#include <linux/errno.h>

#include <cstddef>
#include <new>
#include <span>
#include <type_traits>
#include <utility>

#include "base/result.h"

namespace scone::rewrite {

template <typename T>
class Array {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  Array() = default;
  Array(Array&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)),
        size_(std::exchange(other.size_, 0)),
        capacity_(std::exchange(other.capacity_, 0)) {}
  Array& operator=(Array&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    std::swap(capacity_, other.capacity_);
    return *this;
  }
  Array(const Array&) = delete;
  Array& operator=(const Array&) = delete;
  ~Array() { delete[] data_; }

  // Error: ENOMEM; the array is then unchanged.
  Result<void> push(const T& value) {
    if (size_ == capacity_) TRY(reserve(capacity_ ? 2 * capacity_ : 64));
    data_[size_++] = value;
    return ok();
  }
  Result<void> reserve(size_t capacity) {
    if (capacity <= capacity_) return ok();
    T* grown = new (std::nothrow) T[capacity];
    if (!grown) return Errno(ENOMEM);
    for (size_t i = 0; i < size_; ++i) grown[i] = data_[i];
    delete[] data_;
    data_ = grown;
    capacity_ = capacity;
    return ok();
  }
  void clear() { size_ = 0; }
  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  T& operator[](size_t index) { return data_[index]; }
  const T& operator[](size_t index) const { return data_[index]; }
  std::span<T> span() { return {data_, size_}; }
  std::span<const T> span() const { return {data_, size_}; }
  T* begin() { return data_; }
  T* end() { return data_ + size_; }
  const T* begin() const { return data_; }
  const T* end() const { return data_ + size_; }

 private:
  T* data_ = nullptr;
  size_t size_ = 0;
  size_t capacity_ = 0;
};

// The first index in [0, count) for which `after(index)` holds, or count. Precondition: once true, always true.
template <typename Predicate>
size_t first_index(size_t count, Predicate after) {
  size_t low = 0;
  while (low < count) {
    size_t middle = low + (count - low) / 2;
    if (after(middle))
      count = middle;
    else
      low = middle + 1;
  }
  return low;
}

}  // namespace scone::rewrite
