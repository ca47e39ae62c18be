// What a terminal does between its keys and its program (termios(3), the kernel's n_tty): lines, editing, echo, signals.
//
// Pure: it calls nobody but its Display. Not thread safe. Left out: parity, case mapping, delays, tabs' width when they are erased,
// and the timer between bytes (VMIN and VTIME both set count as VMIN 1).
#pragma once

#include <asm/termbits.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace scone::shield {

// Who shows what is typed, and hears of the keys that send signals.
class Display {
 public:
  virtual void echo(std::string_view text) = 0;  // processed already
  virtual void signal(int number) = 0;           // SIGINT, SIGQUIT, SIGTSTP

 protected:
  ~Display() = default;
};

class LineDiscipline {
 public:
  LineDiscipline();

  const struct ::termios& settings() const { return settings_; }
  // Takes effect at once. A line that is being edited becomes readable when lines are turned off.
  void set(const struct ::termios& settings);

  // One key. In canonical mode a full line takes no more, as on Linux (a bell); otherwise call it only if has_room().
  void type(uint8_t byte, Display& display);
  bool has_room() const { return used() + line_size_ < kCapacity; }
  // Discards what was typed and not read.
  void flush();

  // True if a read returns at once: a line, or a byte; `least` bytes where there are no lines.
  bool readable(size_t least = 1) const;
  // Bytes that one read may take: at most one line, or all. 0 in canonical mode: an end of file, which read() takes.
  size_t read(std::span<char> to);
  size_t used() const { return tail_ - head_; }

  // ^S was typed: output waits for ^Q.
  bool stopped() const { return stopped_; }

  // Output processing: the text for `byte`, 1 or 2 bytes.
  size_t display_form(char byte, char (&to)[2]) const;

 private:
  // As the kernel's N_TTY_BUF_SIZE.
  static constexpr size_t kCapacity = 4096;
  bool canonical() const { return settings_.c_lflag & ICANON; }
  bool has(uint32_t local_flag) const { return settings_.c_lflag & local_flag; }
  bool is(uint8_t byte, int control) const { return settings_.c_cc[control] == byte && byte != 0; }
  int signal_of(uint8_t byte) const;
  bool control_flow(uint8_t byte);
  void edit(uint8_t byte, Display& display);
  void take_raw(uint8_t byte, bool translated, Display& display);
  size_t drop_one();
  void wipe_columns(size_t columns, Display& display) const;
  void erase_key(Display& display);
  void erase_line(Display& display);
  void erase_word(Display& display);
  void end_line(uint8_t byte, bool keep);
  void echo(uint8_t byte, Display& display) const;
  void show(uint8_t byte, Display& display) const;
  void append(uint8_t byte, bool ends_line);
  size_t columns_of(uint8_t byte) const;

  struct ::termios settings_;
  // Typed and ready to be read: a ring, positions modulo kCapacity.
  char ready_[kCapacity];
  uint8_t ends_[kCapacity];  // of ready_: kEnds …
  size_t head_ = 0, tail_ = 0;
  size_t lines_ = 0;      // complete ones in it
  char line_[kCapacity];  // being edited
  size_t line_size_ = 0;
  bool literal_ = false;  // the next key is taken as it is (^V)
  bool stopped_ = false;
};

}  // namespace scone::shield
