// Strings one after the other, each with a NUL at its end.
#pragma once

#include <cstddef>
#include <string_view>

namespace scone::scf {

// Refers to the bytes it was made of. A default one is empty.
class StringList {
 public:
  class Iterator {
   public:
    explicit Iterator(std::string_view rest) : rest_(rest) {}
    // Followed by a NUL.
    std::string_view operator*() const { return rest_.substr(0, rest_.find('\0')); }
    Iterator& operator++() {
      rest_.remove_prefix(rest_.find('\0') + 1);
      return *this;
    }
    bool operator==(const Iterator& other) const { return rest_.size() == other.rest_.size(); }

   private:
    std::string_view rest_;
  };

  StringList() = default;
  // Precondition: empty, or the last byte is a NUL.
  explicit StringList(std::string_view bytes) : bytes_(bytes) {}

  Iterator begin() const { return Iterator(bytes_); }
  Iterator end() const { return Iterator({}); }
  std::string_view bytes() const { return bytes_; }
  size_t count() const {
    size_t count = 0;
    for (char byte : bytes_) count += byte == '\0';
    return count;
  }

 private:
  std::string_view bytes_;
};

}  // namespace scone::scf
