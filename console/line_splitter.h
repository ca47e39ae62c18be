// Cutting a stream of bytes into lines.
#pragma once

#include <cstddef>
#include <string_view>

#include "console/armor.h"

namespace scone::console {

// Holds the part of the stream that is no whole line yet. A line that is longer than any record comes in pieces, each of
// which is then seen to be damaged (or foreign text).
class LineSplitter {
 public:
  // Where to put the next bytes: at most room() of them. room() is not 0 after next() returned false.
  char* tail() { return buffer_ + end_; }
  size_t room() const { return sizeof buffer_ - end_; }
  void added(size_t count) { end_ += count; }

  // Takes the next line, without its newline; valid until bytes are added. False: add more.
  bool next(std::string_view& line);
  // What is left when the stream has ended; empty if nothing.
  std::string_view rest() const { return {buffer_ + begin_, end_ - begin_}; }

 private:
  void make_room();
  char buffer_[4 * kMaxLine];
  size_t begin_ = 0;  // of what was not taken yet
  size_t end_ = 0;
};

}  // namespace scone::console
