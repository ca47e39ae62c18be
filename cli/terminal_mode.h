// Our terminal while a program in an enclave has it.
#pragma once

#include <termios.h>

#include "console/record.h"

namespace scone::cli {

// Both stdin and stdout are terminals.
bool has_terminal();
// Of the terminal at stdin; 24 × 80 if it does not tell.
console::TerminalSize current_terminal_size();

// Raw mode from enter() to the end: every key is the program's.
class RawTerminal {
 public:
  RawTerminal() = default;
  RawTerminal(const RawTerminal&) = delete;
  RawTerminal& operator=(const RawTerminal&) = delete;
  ~RawTerminal() { leave(); }
  void enter();
  void leave();

 private:
  bool entered_ = false;
  termios before_{};
};

}  // namespace scone::cli
