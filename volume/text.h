// An owned, immutable string of bytes.
#pragma once

#include <linux/errno.h>

#include <cstdint>
#include <new>
#include <string_view>
#include <utility>

#include "base/result.h"

namespace scone::volume {

class Text {
 public:
  Text() = default;
  Text(Text&& other) noexcept
      : bytes_(std::exchange(other.bytes_, nullptr)), size_(std::exchange(other.size_, 0u)) {}
  Text& operator=(Text&& other) noexcept {
    std::swap(bytes_, other.bytes_);
    std::swap(size_, other.size_);
    return *this;
  }
  ~Text() { delete[] bytes_; }

  // ENOMEM.
  static Result<Text> copy_of(std::string_view text) {
    Text copy;
    if (text.empty()) return copy;
    copy.bytes_ = new (std::nothrow) char[text.size()];
    if (!copy.bytes_) return Errno(ENOMEM);
    __builtin_memcpy(copy.bytes_, text.data(), text.size());
    copy.size_ = static_cast<uint32_t>(text.size());
    return copy;
  }
  std::string_view view() const { return {bytes_, size_}; }
  bool empty() const { return size_ == 0; }

 private:
  char* bytes_ = nullptr;
  uint32_t size_ = 0;
};

}  // namespace scone::volume
