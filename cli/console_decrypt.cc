#include "cli/console_decrypt.h"

#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "cli/commands.h"
#include "cli/console_decoder.h"
#include "cli/console_status.h"
#include "cli/console_text.h"

namespace scone::cli {
namespace {

class Printer final : public ConsoleSink {
 public:
  void challenge() override {}
  void closed(console::Stream) override {}
  void data(console::Stream stream, console::Bytes bytes) override {
    print(static_cast<int>(stream), {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  }
  void foreign(std::string_view line) override { print(STDERR_FILENO, foreign_line(line)); }

 private:
  static void print(int descriptor, std::string_view text) {
    if (write_fully(descriptor, text)) return;
    fprintf(stderr, "scone console: cannot write: %s\n", strerror(errno));
    exit(kFailure);
  }
};

}  // namespace

int decrypt_console(console::Key key) {
  Printer printer;
  ConsoleDecoder decoder(key, printer);
  console::LineSplitter lines;
  char buffer[64 << 10];
  while (!decoder.problem()) {
    const ssize_t count = read(STDIN_FILENO, buffer, sizeof buffer);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) break;
    decoder.feed(lines, {buffer, static_cast<size_t>(count)});
  }
  decoder.finish(lines);
  decoder.finish_all(false);
  if (!decoder.problem()) return exit_status_of(decoder.status().value_or(0));
  fprintf(stderr, "scone console: %s\n", decoder.problem()->c_str());
  return kTampered;
}

}  // namespace scone::cli
