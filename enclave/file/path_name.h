// A path, as system calls pass it.
#pragma once

#include <linux/errno.h>
#include <linux/limits.h>

#include <cstddef>
#include <string_view>

#include "base/result.h"
#include "enclave/boundary/app_ptr.h"
#include "enclave/boundary/host_buffer.h"
#include "enclave/runtime/memory.h"

namespace scone::file {

// Fixed storage of PATH_MAX bytes, meant for the stack. Always terminated. Not thread safe.
class PathName {
 public:
  PathName() { text_[0] = '\0'; }
  PathName(const PathName&) = delete;
  PathName& operator=(const PathName&) = delete;

  // Copies a program's string. EFAULT, ENAMETOOLONG. The program cannot change it afterwards.
  Result<void> read_from(AppPtr<const char> path) {
    size_ = TRY(boundary::copy_string_from_app(text_, path, sizeof text_));
    return ok();
  }
  // ENAMETOOLONG.
  Result<void> set(std::string_view text) {
    clear();
    return append(text);
  }
  Result<void> append(std::string_view text) {
    if (text.size() >= sizeof text_ - size_) return Errno(ENAMETOOLONG);
    memcpy(text_ + size_, text.data(), text.size());
    size_ += text.size();
    text_[size_] = '\0';
    return ok();
  }
  Result<void> prepend(std::string_view text) {
    if (text.size() >= sizeof text_ - size_) return Errno(ENAMETOOLONG);
    memmove(text_ + text.size(), text_, size_ + 1);
    memcpy(text_, text.data(), text.size());
    size_ += text.size();
    return ok();
  }
  // Precondition: count <= size().
  void drop_front(size_t count) {
    memmove(text_, text_ + count, size_ - count + 1);
    size_ -= count;
  }
  // The first `size` bytes of an answer of the host. ENAMETOOLONG. Precondition: size <= from.size().
  Result<void> read_from(const HostBuffer& from, size_t size) {
    clear();
    if (size >= sizeof text_) return Errno(ENAMETOOLONG);
    from.read(0, text_, size);
    truncate(size);
    return ok();
  }
  void clear() { truncate(0); }
  // Precondition: size < PATH_MAX, and the first `size` bytes were set.
  void truncate(size_t size) {
    size_ = size;
    text_[size_] = '\0';
  }

  const char* c_str() const { return text_; }
  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  std::string_view view() const { return {text_, size_}; }
  // In host memory, with its NUL. ENOMEM.
  Result<HostBuffer> to_host() const {
    HostBuffer buffer = TRY(HostBuffer::allocate(size_ + 1));
    buffer.write(0, text_, size_ + 1);
    return buffer;
  }

 private:
  size_t size_ = 0;
  char text_[PATH_MAX];
};

}  // namespace scone::file
