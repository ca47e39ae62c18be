// A growing array of plain values whose growth can fail.
#pragma once

#include <linux/errno.h>

#include <cstddef>
#include <new>
#include <span>
#include <type_traits>
#include <utility>

#include "base/result.h"

namespace scone {

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
  ~Array() { delete[] data_; }

  // Error: ENOMEM; the array is then unchanged.
  Result<void> push(const T& value) {
    if (size_ == capacity_) TRY(reserve(capacity_ ? 2 * capacity_ : 8));
    data_[size_++] = value;
    return ok();
  }
  Result<void> append(std::span<const T> values) {
    TRY(make_room(values.size()));
    if (!values.empty()) __builtin_memcpy(data_ + size_, values.data(), values.size() * sizeof(T));
    size_ += values.size();
    return ok();
  }
  Result<void> reserve(size_t capacity) {
    if (capacity <= capacity_) return ok();
    T* grown = new (std::nothrow) T[capacity];
    if (!grown) return Errno(ENOMEM);
    if (size_) __builtin_memcpy(grown, data_, size_ * sizeof(T));
    delete[] data_;
    data_ = grown;
    capacity_ = capacity;
    return ok();
  }
  // The next `more` pushes cannot fail. Grows by doubling, so that it may be called before each.
  Result<void> make_room(size_t more) {
    if (more <= capacity_ - size_) return ok();
    return reserve(2 * capacity_ > size_ + more ? 2 * capacity_ : size_ + more);
  }
  // `more` elements at the end that are to be written to. ENOMEM.
  Result<std::span<T>> extend(size_t more) {
    TRY(make_room(more));
    size_ += more;
    return std::span<T>(data_ + size_ - more, more);
  }
  // New elements have the value `fill`.
  Result<void> resize(size_t size, const T& fill) {
    TRY(reserve(size));
    for (size_t i = size_; i < size; ++i) data_[i] = fill;
    size_ = size;
    return ok();
  }
  // Precondition: size <= size().
  void shrink(size_t size) { size_ = size; }
  void clear() { size_ = 0; }
  void release() {
    delete[] std::exchange(data_, nullptr);
    size_ = capacity_ = 0;
  }
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

}  // namespace scone
