#include "cli/console_text.h"

#include <poll.h>
#include <unistd.h>

#include <cerrno>

namespace scone::cli {

std::string foreign_line(std::string_view line) {
  std::string text = "[host] ";
  for (char character : line) {
    if (character == '\r') continue;
    text += character >= ' ' && character < 0x7f ? character : '?';
  }
  return text + "\n";
}

bool write_fully(int descriptor, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = write(descriptor, bytes.data(), bytes.size());
    if (count >= 0) {
      bytes.remove_prefix(static_cast<size_t>(count));
      continue;
    }
    pollfd wait{descriptor, POLLOUT, 0};
    if (errno == EAGAIN)
      poll(&wait, 1, -1);  // others may have made our terminal non-blocking
    else if (errno != EINTR)
      return false;
  }
  return true;
}

}  // namespace scone::cli
