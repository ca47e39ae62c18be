#include "cli/console_client.h"

#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "cli/child_process.h"
#include "cli/commands.h"
#include "cli/console_decoder.h"
#include "cli/console_status.h"
#include "cli/console_text.h"
#include "cli/terminal_mode.h"
#include "console/writer.h"
#include "crypto/random.h"

namespace scone::cli {
namespace {

using console::RecordType;
using console::Stream;

class ConsoleClient final : public ConsoleSink {
 public:
  ConsoleClient(console::Key key, const ConsoleClientOptions& options)
      : key_(key), options_(options), decoder_(key, *this) {}
  int run();

 private:
  void challenge() override;
  void data(Stream stream, console::Bytes bytes) override;
  void closed(Stream stream) override;
  void foreign(std::string_view line) override { show(STDERR_FILENO, foreign_line(line)); }

  bool wants_input() const { return greeted_ && !input_ended_ && queue_.empty() && child_.input() >= 0; }
  bool open() const { return child_.output() >= 0 || child_.error() >= 0; }
  void step();
  void read_our_input();
  void read_output(int descriptor, console::LineSplitter& lines);
  void send_queue();
  void send(Result<void> written, const console::Line& line);
  void on_window_change();
  void show(int descriptor, std::string_view text);
  void fail(const std::string& message);
  int conclude();

  const console::Key key_;
  const ConsoleClientOptions& options_;
  ConsoleDecoder decoder_;
  console::LineSplitter output_lines_, error_lines_;
  console::RecordWriter writer_{Stream::kInput};
  ChildProcess child_;
  RawTerminal terminal_;
  std::string queue_;  // lines for the command's stdin
  int window_signals_ = -1;
  bool greeted_ = false;      // the enclave has our nonce
  bool input_ended_ = false;  // ours
  std::string failure_;       // not the host's: no memory, a closed stdout
};

void ConsoleClient::fail(const std::string& message) {
  if (failure_.empty()) failure_ = message;
}

void ConsoleClient::show(int descriptor, std::string_view text) {
  if (!write_fully(descriptor, text)) fail(std::string("cannot write: ") + strerror(errno));
}

void ConsoleClient::send(Result<void> written, const console::Line& line) {
  if (!written.ok()) return fail("the cryptographic library failed");
  queue_ += line.view();
}

void ConsoleClient::challenge() {
  if (!options_.interactive) return fail("the program's console asks for a client: leave out --log");
  console::Session session = decoder_.session();
  if (!crypto::random_bytes(session.client).ok()) return fail("no random numbers");
  decoder_.expect(session);
  console::Line line;
  send(writer_.hello(key_, session, line), line);
  const bool terminal = has_terminal();
  send(writer_.terminal(terminal ? current_terminal_size() : console::TerminalSize{}, line), line);
  if (terminal) terminal_.enter();
  greeted_ = true;
}

void ConsoleClient::data(Stream stream, console::Bytes bytes) {
  show(static_cast<int>(stream), {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

void ConsoleClient::closed(Stream stream) { close(static_cast<int>(stream)); }

void ConsoleClient::read_our_input() {
  uint8_t bytes[console::kMaxPayload];
  const ssize_t count = read(STDIN_FILENO, bytes, sizeof bytes);
  if (count < 0 && (errno == EINTR || errno == EAGAIN)) return;
  on_window_change();  // it may have come before the keys: then the program learns of it first
  console::Line line;
  if (count > 0) return send(writer_.write(RecordType::kData, {bytes, static_cast<size_t>(count)}, line), line);
  input_ended_ = true;
  send(writer_.write(RecordType::kClosed, {}, line), line);
}

void ConsoleClient::send_queue() {
  const ssize_t count = write(child_.input(), queue_.data(), queue_.size());
  if (count > 0) queue_.erase(0, static_cast<size_t>(count));
  // A command that reads no more: what it writes tells the rest.
  if (count < 0 && errno != EAGAIN && errno != EINTR) child_.close_input();
  if (queue_.empty() && input_ended_) child_.close_input();
}

void ConsoleClient::read_output(int descriptor, console::LineSplitter& lines) {
  char buffer[64 << 10];
  const ssize_t count = read(descriptor, buffer, sizeof buffer);
  if (count < 0 && errno == EINTR) return;
  if (count > 0) return decoder_.feed(lines, {buffer, static_cast<size_t>(count)});
  decoder_.finish(lines);
  if (descriptor == child_.error()) return child_.close_error();
  child_.close_output();
  decoder_.finish_output();
}

void ConsoleClient::on_window_change() {
  signalfd_siginfo info;
  if (read(window_signals_, &info, sizeof info) != sizeof info) return;
  if (!greeted_ || input_ended_ || !has_terminal()) return;
  console::Line line;
  send(writer_.terminal(current_terminal_size(), line), line);
}

void ConsoleClient::step() {
  constexpr short kIn = POLLIN, kOut = POLLOUT;
  pollfd files[] = {{child_.output(), kIn, 0},
                    {child_.error(), kIn, 0},
                    {queue_.empty() ? -1 : child_.input(), kOut, 0},
                    {wants_input() ? STDIN_FILENO : -1, kIn, 0},
                    {window_signals_, kIn, 0}};
  if (poll(files, std::size(files), -1) < 0) {
    if (errno != EINTR) fail(std::string("poll: ") + strerror(errno));
    return;
  }
  // stderr first: if the command ends, it has its reason there.
  if (files[1].revents) read_output(files[1].fd, error_lines_);
  if (files[0].revents) read_output(files[0].fd, output_lines_);
  if (files[2].revents) send_queue();
  if (files[3].revents) read_our_input();
  if (files[4].revents) on_window_change();
}

int ConsoleClient::conclude() {
  decoder_.finish_all(true);
  const bool tampered = failure_.empty() && decoder_.problem();
  if (!failure_.empty() || tampered) child_.stop();
  child_.close_input();
  child_.wait();
  terminal_.leave();
  if (!failure_.empty()) fprintf(stderr, "scone console: %s\n", failure_.c_str());
  if (tampered) fprintf(stderr, "scone console: %s\n", decoder_.problem()->c_str());
  if (!failure_.empty()) return kFailure;
  return tampered ? kTampered : exit_status_of(decoder_.status().value_or(0));
}

int ConsoleClient::run() {
  signal(SIGPIPE, SIG_IGN);
  std::string error;
  if (!child_.start(options_.command, options_.interactive, error)) {
    fprintf(stderr, "scone console: %s\n", error.c_str());
    return kFailure;
  }
  sigset_t window;
  sigemptyset(&window);
  sigaddset(&window, SIGWINCH);
  sigprocmask(SIG_BLOCK, &window, nullptr);
  window_signals_ = signalfd(-1, &window, SFD_CLOEXEC | SFD_NONBLOCK);
  while (open() && !decoder_.ended() && !decoder_.problem() && failure_.empty()) step();
  return conclude();
}

}  // namespace

int run_console(console::Key key, const ConsoleClientOptions& options) { return ConsoleClient(key, options).run(); }

}  // namespace scone::cli
