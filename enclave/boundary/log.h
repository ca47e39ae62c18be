// Diagnostic text for the runner's stderr. Never program data in production.
#pragma once

#include <cstddef>
#include <cstdint>

namespace scone::boundary {

// A line of text, built without allocation. Longer text is cut.
class Line {
 public:
  Line& operator<<(const char* text);
  Line& operator<<(uint64_t number);
  Line& operator<<(int64_t number);
  Line& operator<<(int number) { return *this << static_cast<int64_t>(number); }
  Line& operator<<(unsigned number) { return *this << static_cast<uint64_t>(number); }
  Line& operator<<(char character);
  Line& hex(uint64_t number);
  // Text in quotes, unprintable characters escaped, cut at `limit`.
  Line& quoted(const char* text, size_t size, size_t limit = 64);
  const char* data() const { return text_; }
  size_t size() const { return size_; }

 private:
  static constexpr size_t kCapacity = 500;
  char text_[kCapacity + 1];
  size_t size_ = 0;
};

// Hands the line to the host, which appends a newline.
void log(const Line& line);

}  // namespace scone::boundary
