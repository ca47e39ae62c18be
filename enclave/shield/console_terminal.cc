#include "enclave/shield/console_terminal.h"

#include <asm/ioctls.h>
#include <asm/stat.h>
#include <asm/unistd.h>
#include <linux/eventpoll.h>

#include <new>

#include "base/min_max.h"
#include "enclave/boundary/app_ptr.h"
#include "enclave/boundary/host_call.h"
#include "enclave/file/mode.h"
#include "enclave/process/signal.h"

namespace scone::shield {
namespace {

constexpr int kSigHup = 1, kSigWinch = 28;
constexpr uint64_t kTenth = 100'000'000;  // VTIME's unit, ns
constexpr uint64_t kConsoleDevice = 5 << 8 | 1;

struct Window {  // struct winsize, whose header brings the C library's along
  uint16_t rows, columns, width, height;
};

void send_to_program(int signal) {
  process::Info info;
  info.signal = signal;
  info.code = process::kCodeKernel;
  (void)process::send_to_process(info).ok();
}

template <typename T>
Result<uint64_t> give(uint64_t argument, const T& value) {
  TRY(boundary::write_app(AppPtr<T>(argument), value));
  return uint64_t{0};
}

}  // namespace

ConsoleTerminal::ConsoleTerminal(ConsoleOutput& output, console::TerminalSize size, int process_group)
    : output_(output),
      window_(static_cast<uint32_t>(size.rows << 16 | size.columns)),
      group_(process_group) {}

// mutex_ held. After each change of discipline_.
void ConsoleTerminal::publish() {
  const auto& settings = discipline_.settings();
  const size_t least = settings.c_cc[VTIME] != 0 || settings.c_cc[VMIN] == 0 ? 1 : settings.c_cc[VMIN];
  readable_.store(discipline_.readable(least));
  room_.store((settings.c_lflag & ICANON) || discipline_.has_room());
  stopped_.store(discipline_.stopped());
}

// --- The program ---

// mutex_ held.
Result<size_t> ConsoleTerminal::take(file::IoVector& to) {
  const size_t count = discipline_.read({scratch_, min_of(to.remaining(), sizeof scratch_)});
  publish();
  signal_came_first_ = false;
  return to.scatter(scratch_, count);
}

// Where there are no lines, and no byte is demanded (VMIN 0): how long to wait for one.
uint64_t ConsoleTerminal::read_deadline() const {
  const auto& settings = discipline_.settings();
  if ((settings.c_lflag & ICANON) || settings.c_cc[VMIN] != 0) return sched::kNever;
  return settings.c_cc[VTIME] == 0 ? 0 : sched::now_ns() + settings.c_cc[VTIME] * kTenth;
}

// A signal that came before the key ends the call, although the key is there by now: had the reader been as quick as the signal, it would
// have been asleep in this call. A handler that leaves by longjmp (less) would lose what the call had taken.
Result<size_t> ConsoleTerminal::read(file::IoVector& to, bool nonblocking) {
  if (to.remaining() == 0) return size_t{0};
  uint64_t deadline = sched::kNever;
  for (bool first = true;; first = false) {
    {
      sched::MutexGuard guard(mutex_);
      if (first) deadline = read_deadline();
      const bool signal_waits = signal_came_first_ && sched::interrupted();
      if (readable_.load()) {
        if (signal_waits && deadline != 0 && !nonblocking) return Errno(process::kRestartSys);
        Result<size_t> count = take(to);
        queue_.notify(EPOLLOUT | EPOLLWRNORM);
        return count;
      }
      signal_came_first_ = signal_waits;
    }
    if (hung_up_.load() || deadline == 0) return size_t{0};
    if (nonblocking) return Errno(EAGAIN);
    const Result<void> waited = sched::wait_until(
        queue_, [this] { return readable_.load() || hung_up_.load(); }, deadline);
    if (!waited.ok() && waited.error() == Errno(ETIMEDOUT)) return size_t{0};
    if (!waited.ok()) return waited.error();
  }
}

Result<size_t> ConsoleTerminal::write(file::IoVector& from) {
  constexpr size_t kPiece = 512;
  char plain[kPiece], shown[2 * kPiece];  // of which a write takes all or nothing: they fit into a record
  static_assert(sizeof shown <= console::kMaxPayload);
  size_t done = 0;
  while (from.remaining() > 0) {
    Result<void> going = sched::wait_until(queue_, [this] { return !stopped_.load(); });
    if (!going.ok()) return done > 0 ? Result<size_t>(done) : Result<size_t>(going.error());
    const size_t count = TRY(from.gather(plain, min_of(from.remaining(), kPiece)));
    size_t size = 0;
    {
      sched::MutexGuard guard(mutex_);
      for (size_t i = 0; i < count; ++i) {
        char form[2];
        const size_t length = discipline_.display_form(plain[i], form);
        for (size_t j = 0; j < length; ++j) shown[size++] = form[j];
      }
    }
    auto text = file::IoVector::of_runtime(shown, size);
    const Result<size_t> written = output_.write(text);
    if (!written.ok()) return done > 0 ? Result<size_t>(done) : written.error();
    done += count;
  }
  return done;
}

uint32_t ConsoleTerminal::poll() const {
  uint32_t events = EPOLLOUT | EPOLLWRNORM;
  if (readable_.load()) events |= EPOLLIN | EPOLLRDNORM;
  if (hung_up_.load()) events |= EPOLLIN | EPOLLRDNORM | EPOLLHUP;
  return events;
}

Result<uint64_t> ConsoleTerminal::get_settings(uint64_t argument) {
  struct ::termios settings;
  {
    sched::MutexGuard guard(mutex_);
    settings = discipline_.settings();
  }
  return give(argument, settings);
}

Result<uint64_t> ConsoleTerminal::set_settings(uint64_t argument, bool flush) {
  const auto settings = TRY(boundary::read_app(AppPtr<const struct ::termios>(argument)));
  {
    sched::MutexGuard guard(mutex_);
    if (flush) discipline_.flush();
    discipline_.set(settings);
    publish();
  }
  queue_.notify(EPOLLIN | EPOLLOUT);
  return uint64_t{0};
}

Result<uint64_t> ConsoleTerminal::set_window(uint64_t argument) {
  const auto window = TRY(boundary::read_app(AppPtr<const Window>(argument)));
  resize({window.rows, window.columns});
  return uint64_t{0};
}

Result<uint64_t> ConsoleTerminal::ioctl(uint32_t request, uint64_t argument) {
  switch (request) {
    case TCGETS:
      return get_settings(argument);
    case TCSETS:
    case TCSETSW:  // output is never behind
      return set_settings(argument, false);
    case TCSETSF:
      return set_settings(argument, true);
    case TIOCGWINSZ: {
      const uint32_t window = window_.load();
      return give(argument, Window{static_cast<uint16_t>(window >> 16), static_cast<uint16_t>(window), 0, 0});
    }
    case TIOCSWINSZ:
      return set_window(argument);
    case TIOCGPGRP:
      return give(argument, group_.load());
    case TIOCSPGRP:
      group_.store(TRY(boundary::read_app(AppPtr<const int>(argument))));
      return uint64_t{0};
    case TIOCGSID:
      return give(argument, static_cast<int>(TRY(host_call(__NR_getsid, 0)) & INT32_MAX));
    case FIONREAD: {
      sched::MutexGuard guard(mutex_);
      return give(argument, discipline_.readable() ? static_cast<int>(discipline_.used()) : 0);
    }
    case TCFLSH: {
      if (argument > TCIOFLUSH) return Errno(EINVAL);
      sched::MutexGuard guard(mutex_);
      if (argument != TCOFLUSH) discipline_.flush();
      publish();
      return uint64_t{0};
    }
    case TCSBRK:
    case TCSBRKP:
    case TIOCSCTTY:
      return uint64_t{0};
    default:
      return Errno(ENOTTY);
  }
}

// --- The client ---

// Display, called by discipline_ with mutex_ held.
void ConsoleTerminal::echo(std::string_view text) {
  for (char character : text) {
    if (echo_size_ == sizeof echo_) show_echo();
    echo_[echo_size_++] = character;
  }
}

void ConsoleTerminal::signal(int number) { tell_program(number); }

// mutex_ held.
void ConsoleTerminal::tell_program(int signal) {
  if (!readable_.load()) signal_came_first_ = true;
  send_to_program(signal);
}

// mutex_ held.
void ConsoleTerminal::show_echo() {
  auto text = file::IoVector::of_runtime(echo_, echo_size_);
  if (echo_size_ > 0) (void)output_.write(text).ok();  // nobody to tell
  echo_size_ = 0;
}

// The keys for which there is room.
size_t ConsoleTerminal::type_some(console::Bytes keys) {
  sched::MutexGuard guard(mutex_);
  size_t count = 0;
  for (; count < keys.size() && room_.load(); ++count) {
    discipline_.type(keys[count], *this);
    publish();
  }
  show_echo();
  return count;
}

void ConsoleTerminal::type(console::Bytes keys) {
  while (!keys.empty()) {
    keys = keys.subspan(type_some(keys));
    queue_.notify(EPOLLIN | EPOLLRDNORM | EPOLLOUT);
    if (!keys.empty() && !sched::wait_until(queue_, [this] { return room_.load(); }).ok()) return;
  }
}

void ConsoleTerminal::resize(console::TerminalSize size) {
  const auto window = static_cast<uint32_t>(size.rows << 16 | size.columns);
  sched::MutexGuard guard(mutex_);
  if (window_.exchange(window) != window) tell_program(kSigWinch);
}

void ConsoleTerminal::hang_up() {
  hung_up_.store(true);
  queue_.notify(EPOLLIN | EPOLLHUP);
  send_to_program(kSigHup);
}

// --- A descriptor ---

Result<Ref<file::File>> ConsoleTerminalFile::create(ConsoleTerminal& terminal, int flags) {
  auto* file = new (std::nothrow) ConsoleTerminalFile(terminal, flags);
  if (!file) return Errno(ENOMEM);
  return Ref<file::File>::adopt(file);
}

Result<size_t> ConsoleTerminalFile::read(file::IoVector& to, std::optional<uint64_t> offset) {
  if (offset) return Errno(ESPIPE);
  return terminal_.read(to, nonblocking());
}

Result<size_t> ConsoleTerminalFile::write(file::IoVector& from, std::optional<uint64_t> offset) {
  if (offset) return Errno(ESPIPE);
  return terminal_.write(from);
}

Result<void> ConsoleTerminalFile::stat(struct ::stat& result) {
  TRY(File::stat(result));
  result.st_mode = file::kModeCharacter | 0600;
  result.st_rdev = kConsoleDevice;
  return ok();
}

}  // namespace scone::shield
