// Pointers into the program's memory, as they arrive in system-call arguments.
//
// An AppPtr cannot be dereferenced. AppPtr<const T> can be copied in, AppPtr<T> also out. The copies check that the range
// lies in the program's part of ELRANGE (never the runtime's, never host memory) and turn a
// fault that the program's mappings do not allow into EFAULT; a page that is merely not there yet is brought in.
//
// Copies may fault and therefore block: no spin lock and no address-space lock may be held.
#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "base/result.h"

namespace scone::boundary {

template <typename T>
class AppPtr {
 public:
  constexpr AppPtr() = default;
  constexpr explicit AppPtr(uint64_t address) : address_(address) {}
  // A pointer that can be written can be read; void is anything.
  template <typename U>
    requires(std::is_same_v<std::remove_const_t<T>, U> || (std::is_void_v<T> && (std::is_const_v<T> || !std::is_const_v<U>)))
  constexpr AppPtr(AppPtr<U> other) : address_(other.address()) {}  // NOLINT

  constexpr uint64_t address() const { return address_; }
  constexpr explicit operator bool() const { return address_ != 0; }
  // The n-th element from here; wraps are caught by the copy's range check.
  constexpr AppPtr operator+(uint64_t n) const
    requires(!std::is_void_v<T>)
  {
    return AppPtr(address_ + n * sizeof(T));
  }
  template <typename U>
  constexpr AppPtr<U> cast() const {
    return AppPtr<U>(address_);
  }

 private:
  uint64_t address_ = 0;
};

// Raw copies. EFAULT.
Result<void> copy_from_app(void* to, AppPtr<const void> from, size_t size);
Result<void> copy_to_app(AppPtr<void> to, const void* from, size_t size);
Result<void> clear_app(AppPtr<void> to, size_t size);
// Copies a NUL-terminated string including its NUL. Returns its length without NUL; ENAMETOOLONG when it does not fit.
Result<size_t> copy_string_from_app(char* to, AppPtr<const char> from, size_t capacity);

template <typename T>
  requires std::is_trivially_copyable_v<T>
Result<std::remove_const_t<T>> read_app(AppPtr<T> from) {
  std::remove_const_t<T> value;
  TRY(copy_from_app(&value, from.template cast<const void>(), sizeof value));
  return value;
}

template <typename T>
  requires(std::is_trivially_copyable_v<T> && !std::is_const_v<T>)
Result<void> write_app(AppPtr<T> to, const T& value) {
  return copy_to_app(to.template cast<void>(), &value, sizeof value);
}

// Atomic compare-and-exchange on a futex word: returns the value found. EFAULT.
Result<uint32_t> compare_exchange_app(AppPtr<uint32_t> word, uint32_t expected, uint32_t desired);

}  // namespace scone::boundary

namespace scone {
using boundary::AppPtr;
}
