// Taking a path apart.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace scone::file {

// Walks over the names in a path; slashes and "." are skipped.
class PathComponents {
 public:
  explicit PathComponents(std::string_view path) : rest_(path) { skip(); }

  bool at_end() const { return rest_.empty(); }
  // The next name; empty at the end.
  std::string_view peek() const { return rest_.substr(0, name_length()); }
  std::string_view next() {
    const std::string_view name = peek();
    rest_.remove_prefix(name.size());
    skip();
    return name;
  }
  // What follows, as a path; may end in slashes.
  std::string_view rest() const { return rest_; }

 private:
  size_t name_length() const {
    size_t length = 0;
    while (length < rest_.size() && rest_[length] != '/') ++length;
    return length;
  }
  void skip() {
    while (!rest_.empty()) {
      if (rest_[0] == '/')
        rest_.remove_prefix(1);
      else if (name_length() == 1 && rest_[0] == '.')
        rest_.remove_prefix(1);
      else
        return;
    }
  }
  std::string_view rest_;
};

// A descriptor or thread number as /proc writes it: decimal, no sign, no leading zeros.
inline std::optional<int> parse_number(std::string_view text) {
  if (text.empty() || text.size() > 9 || (text.size() > 1 && text[0] == '0')) return std::nullopt;
  int value = 0;
  for (char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + (c - '0');
  }
  return value;
}

}  // namespace scone::file
