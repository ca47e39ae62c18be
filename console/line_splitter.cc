#include "console/line_splitter.h"

namespace scone::console {

bool LineSplitter::next(std::string_view& line) {
  const std::string_view left = rest();
  const size_t newline = left.find('\n');
  if (newline != std::string_view::npos) {
    line = left.substr(0, newline);
    begin_ += newline + 1;
    return true;
  }
  if (left.size() > kMaxLine) {
    line = left;
    begin_ = end_;
    return true;
  }
  make_room();
  return false;
}

void LineSplitter::make_room() {
  __builtin_memmove(buffer_, buffer_ + begin_, end_ - begin_);
  end_ -= begin_;
  begin_ = 0;
}

}  // namespace scone::console
