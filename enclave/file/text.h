// Building text: /proc files and paths. No allocation for FixedText, growing memory for Text.
#pragma once

#include <linux/errno.h>

#include <cstddef>
#include <cstdint>
#include <new>
#include <span>
#include <string_view>
#include <utility>

#include "base/result.h"
#include "enclave/runtime/memory.h"

namespace scone::file {

// Digits of `value` in base 8 to 16, written right-aligned into the end of `digits`; returns where they begin.
inline std::string_view format_number(uint64_t value, unsigned base, char (&digits)[24]) {
  size_t begin = sizeof digits;
  do {
    digits[--begin] = "0123456789abcdef"[value % base];
    value /= base;
  } while (value > 0);
  return {digits + begin, sizeof digits - begin};
}

// What a text class makes of append(). Derived::append() may fail silently, and remembers that.
template <typename Derived>
class TextFormat {
 public:
  void append_number(uint64_t value, unsigned width = 0, char fill = ' ') {
    append_in_base(value, 10, width, fill);
  }
  void append_hex(uint64_t value, unsigned width = 0) { append_in_base(value, 16, width, '0'); }
  void append_octal(uint64_t value, unsigned width = 0) { append_in_base(value, 8, width, '0'); }
  void append_signed(int64_t value) {
    if (value < 0) self().append("-");
    append_number(value < 0 ? -static_cast<uint64_t>(value) : static_cast<uint64_t>(value));
  }
  void append_char(char c) { self().append(std::string_view(&c, 1)); }
  void append_repeated(char c, size_t count) {
    for (size_t i = 0; i < count; ++i) append_char(c);
  }

 private:
  Derived& self() { return static_cast<Derived&>(*this); }
  void append_in_base(uint64_t value, unsigned base, unsigned width, char fill) {
    char digits[24];
    const std::string_view text = format_number(value, base, digits);
    if (text.size() < width) append_repeated(fill, width - text.size());
    self().append(text);
  }
};

// At most Capacity - 1 characters; what does not fit is cut off. Always terminated.
template <size_t Capacity>
class FixedText : public TextFormat<FixedText<Capacity>> {
 public:
  void append(std::string_view text) {
    const size_t room = Capacity - 1 - size_;
    const size_t count = text.size() < room ? text.size() : room;
    memcpy(text_ + size_, text.data(), count);
    size_ += count;
    text_[size_] = '\0';
  }
  const char* c_str() const { return text_; }
  std::string_view view() const { return {text_, size_}; }

 private:
  char text_[Capacity] = {};
  size_t size_ = 0;
};

// Grows on the runtime's heap. Not thread safe. When memory runs out further text is dropped and status() says so.
class Text : public TextFormat<Text> {
 public:
  Text() = default;
  Text(Text&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)),
        size_(std::exchange(other.size_, 0)),
        capacity_(std::exchange(other.capacity_, 0)),
        failed_(other.failed_) {}
  Text& operator=(Text&&) = delete;
  ~Text() { delete[] data_; }

  void append(std::string_view text) {
    char* place = extend(text.size());
    if (place) memcpy(place, text.data(), text.size());
  }
  // Makes the text `count` characters longer and returns where they go; nullptr without memory.
  char* extend(size_t count) {
    if (!reserve(count)) return nullptr;
    char* place = data_ + size_;
    size_ += count;
    return place;
  }
  std::string_view view() const { return {data_, size_}; }
  // Precondition: size <= view().size().
  void truncate(size_t size) { size_ = size; }
  // Keeps the memory. Forgets that there was too little.
  void clear() {
    size_ = 0;
    failed_ = false;
  }
  Result<void> status() const { return failed_ ? Result<void>(Errno(ENOMEM)) : ok(); }

 private:
  bool reserve(size_t more) {
    if (failed_) return false;
    if (capacity_ - size_ >= more) return true;
    const size_t capacity = (size_ + more) * 2 < 256 ? 256 : (size_ + more) * 2;
    char* larger = new (std::nothrow) char[capacity];
    if (!larger) {
      failed_ = true;
      return false;
    }
    if (size_ > 0) memcpy(larger, data_, size_);
    delete[] data_;
    data_ = larger;
    capacity_ = capacity;
    return true;
  }
  char* data_ = nullptr;
  size_t size_ = 0;
  size_t capacity_ = 0;
  bool failed_ = false;
};

}  // namespace scone::file
