// The terminal that a program finds at 0, 1 and 2 when its console is shielded and its client has one.
//
// The client's terminal is in raw mode; what the kernel's terminal does for a program otherwise (lines, echo, signals, the size of the
// window) is done here, where the keys are in the clear.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>

#include "base/ref.h"
#include "base/result.h"
#include "console/record.h"
#include "enclave/file/file.h"
#include "enclave/sched/mutex.h"
#include "enclave/sched/wait_queue.h"
#include "enclave/shield/console_output.h"
#include "enclave/shield/line_discipline.h"

namespace scone::shield {

// One for the process. Lives as long as it. Thread safe.
class ConsoleTerminal final : private Display {
 public:
  ConsoleTerminal(ConsoleOutput& output, console::TerminalSize size, int process_group);

  // As read(2), write(2), ioctl_tty(2).
  Result<size_t> read(file::IoVector& to, bool nonblocking);
  Result<size_t> write(file::IoVector& from);
  Result<uint64_t> ioctl(uint32_t request, uint64_t argument);
  uint32_t poll() const;
  sched::WaitQueue& queue() { return queue_; }

  // From the client: keys, a new size of its window, its end.
  void type(console::Bytes keys);
  void resize(console::TerminalSize size);
  void hang_up();

 private:
  void echo(std::string_view text) override;
  void signal(int number) override;
  void show_echo();
  void publish();
  size_t type_some(console::Bytes keys);
  Result<size_t> take(file::IoVector& to);
  void tell_program(int signal);
  uint64_t read_deadline() const;
  Result<uint64_t> get_settings(uint64_t argument);
  Result<uint64_t> set_settings(uint64_t argument, bool flush);
  Result<uint64_t> set_window(uint64_t argument);

  ConsoleOutput& output_;
  sched::Mutex mutex_;  // guards the rest, but atomics; taken before the output's
  LineDiscipline discipline_;
  char echo_[256];
  size_t echo_size_ = 0;
  char scratch_[4096];
  bool signal_came_first_ = false;  // before the keys that are there, if any
  // What discipline_ says, for who does not hold mutex_.
  std::atomic<bool> readable_{false}, room_{true}, stopped_{false};
  std::atomic<bool> hung_up_{false};
  std::atomic<uint32_t> window_;  // rows << 16 | columns
  std::atomic<int> group_;        // foreground process group
  sched::WaitQueue queue_;        // all of these
};

// A descriptor's description of it.
class ConsoleTerminalFile final : public file::File {
 public:
  // `terminal` lives as long as the process. ENOMEM.
  static Result<Ref<file::File>> create(ConsoleTerminal& terminal, int flags);

  Result<size_t> read(file::IoVector& to, std::optional<uint64_t> offset) override;
  Result<size_t> write(file::IoVector& from, std::optional<uint64_t> offset) override;
  Result<uint64_t> ioctl(uint32_t request, uint64_t argument) override {
    return terminal_.ioctl(request, argument);
  }
  Result<void> stat(struct ::stat& result) override;
  Result<Ref<file::File>> reopen(int flags) override {
    return create(terminal_, flags & (O_ACCMODE | O_NONBLOCK));
  }
  uint32_t poll() override { return terminal_.poll(); }
  sched::WaitQueue* wait_queue() override { return &terminal_.queue(); }
  const char* name() const override { return "/dev/console"; }

 private:
  ConsoleTerminalFile(ConsoleTerminal& terminal, int flags) : File(flags), terminal_(terminal) {}
  ConsoleTerminal& terminal_;
};

}  // namespace scone::shield
