#include "cli/terminal_mode.h"

#include <sys/ioctl.h>
#include <unistd.h>

namespace scone::cli {
namespace {

constexpr console::TerminalSize kUsualSize{24, 80};

}  // namespace

bool has_terminal() { return isatty(STDIN_FILENO) && isatty(STDOUT_FILENO); }

console::TerminalSize current_terminal_size() {
  winsize size{};
  const bool known = ioctl(STDIN_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row != 0 && size.ws_col != 0;
  return known ? console::TerminalSize{size.ws_row, size.ws_col} : kUsualSize;
}

void RawTerminal::enter() {
  if (entered_ || tcgetattr(STDIN_FILENO, &before_) != 0) return;
  termios raw = before_;
  cfmakeraw(&raw);
  entered_ = tcsetattr(STDIN_FILENO, TCSADRAIN, &raw) == 0;
}

void RawTerminal::leave() {
  if (entered_) tcsetattr(STDIN_FILENO, TCSADRAIN, &before_);
  entered_ = false;
}

}  // namespace scone::cli
