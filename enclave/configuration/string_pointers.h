// Lists of strings as execve(2) takes them.
#pragma once

#include <linux/errno.h>

#include <cstddef>
#include <new>
#include <utility>

#include "base/result.h"
#include "scf/string_list.h"

namespace scone::configuration {

// A NULL-terminated array of pointers to the strings of a list, which it must not outlive. Movable.
class StringPointers {
 public:
  // ENOMEM.
  static Result<StringPointers> of(const scf::StringList& list) {
    StringPointers pointers(new (std::nothrow) const char*[list.count() + 1]);
    if (!pointers.array_) return Errno(ENOMEM);
    size_t count = 0;
    for (std::string_view text : list) pointers.array_[count++] = text.data();  // a NUL follows
    pointers.array_[count] = nullptr;
    return pointers;
  }
  StringPointers(StringPointers&& other) noexcept : array_(std::exchange(other.array_, nullptr)) {}
  StringPointers& operator=(StringPointers&&) = delete;
  ~StringPointers() { delete[] array_; }

  const char* const* get() const { return array_; }

 private:
  explicit StringPointers(const char** array) : array_(array) {}
  const char** array_;
};

}  // namespace scone::configuration
