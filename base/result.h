// Errors as values: Errno, Result<T> and TRY.
//
// Every fallible function of the runtime returns Result<T>. The error is a Linux errno
// (positive, as in errno(3)); it becomes the negative number a program sees in exactly one
// place, the system-call dispatcher.
#pragma once

#include <new>
#include <type_traits>
#include <utility>

namespace scone {

// A Linux error number. Never zero.
class [[nodiscard]] Errno {
 public:
  // Precondition: 0 < code < 4096.
  constexpr explicit Errno(int code) : code_(code) {}
  constexpr int code() const { return code_; }
  friend constexpr bool operator==(Errno, Errno) = default;

 private:
  int code_;
};

// Either a T or the Errno that says why there is none.
template <typename T>
class [[nodiscard]] Result {
  static_assert(!std::is_reference_v<T>, "return a pointer instead");

 public:
  using Value = T;

  template <typename U = T>
    requires(std::is_constructible_v<T, U &&> && !std::is_same_v<std::remove_cvref_t<U>, Errno> &&
             !std::is_same_v<std::remove_cvref_t<U>, Result>)
  constexpr Result(U&& value) : ok_(true) {  // NOLINT(google-explicit-constructor)
    new (&value_) T(std::forward<U>(value));
  }
  constexpr Result(Errno error) : ok_(false), error_(error) {}  // NOLINT
  constexpr Result(Result&& other) noexcept : ok_(other.ok_) {
    if (ok_)
      new (&value_) T(std::move(other.value_));
    else
      new (&error_) Errno(other.error_);
  }
  Result(const Result&) = delete;
  Result& operator=(const Result&) = delete;
  Result& operator=(Result&& other) noexcept {
    if (this != &other) {
      this->~Result();
      new (this) Result(std::move(other));
    }
    return *this;
  }
  constexpr ~Result() {
    if (ok_) value_.~T();
  }

  constexpr bool ok() const { return ok_; }
  constexpr explicit operator bool() const { return ok_; }
  // Preconditions: ok() for value(), !ok() for error().
  constexpr T& value() { return value_; }
  constexpr const T& value() const { return value_; }
  constexpr T take() { return std::move(value_); }
  constexpr Errno error() const { return error_; }
  constexpr T value_or(T other) && { return ok_ ? std::move(value_) : std::move(other); }

 private:
  bool ok_;
  union {
    T value_;
    Errno error_;
  };
};

template <>
class [[nodiscard]] Result<void> {
 public:
  using Value = void;
  constexpr Result() = default;
  constexpr Result(Errno error) : code_(error.code()) {}  // NOLINT

  constexpr bool ok() const { return code_ == 0; }
  constexpr explicit operator bool() const { return ok(); }
  constexpr void take() {}
  constexpr Errno error() const { return Errno(code_); }

 private:
  int code_ = 0;
};

// The success value of Result<void>.
inline constexpr Result<void> ok() { return {}; }

}  // namespace scone

// Evaluates to the value of the Result `expression`, or returns its error from the caller.
#define TRY(expression)                                 \
  ({                                                    \
    auto&& try_result_ = (expression);                  \
    if (!try_result_.ok()) [[unlikely]]                 \
      return try_result_.error();                       \
    try_result_.take();                                 \
  })
