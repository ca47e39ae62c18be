#include "enclave/shield/console.h"

#include <asm/unistd.h>
#include <linux/errno.h>

#include <atomic>
#include <new>

#include "crypto/random.h"
#include "enclave/boundary/host_call.h"
#include "enclave/boundary/log.h"
#include "enclave/entry/new_thread.h"
#include "enclave/file/controlling_terminal.h"
#include "enclave/file/fd_table.h"
#include "enclave/file/pipe.h"
#include "enclave/file/standard_descriptors.h"
#include "enclave/runtime/memory.h"
#include "enclave/sched/sched.h"
#include "enclave/shield/console_file.h"
#include "enclave/shield/console_input.h"
#include "enclave/shield/console_output.h"
#include "enclave/shield/console_terminal.h"

namespace scone::shield {
namespace {

// The process's only one. Set up by the first thread before there is another; never destroyed.
struct Console {
  ConsoleOutput output{console::Stream::kOutput};
  ConsoleOutput error{console::Stream::kError};
  ConsoleInput* input = nullptr;        // interactive mode; then used by the pump alone
  Ref<file::File> pump_to;              // the writing end of the program's stdin
  ConsoleTerminal* terminal = nullptr;  // instead of that pipe, if the client has one
  std::atomic<bool> input_failed{false};
};
constinit Console* g_console = nullptr;

Result<void> install(int number, Result<Ref<file::File>> file) {
  Ref<file::File> opened = TRY(std::move(file)), none;
  return file::fd_table().replace(number, std::move(opened), false, none);
}

Result<void> install_terminal(Console& console) {
  for (int number = 0; number < 3; ++number)
    TRY(install(number, ConsoleTerminalFile::create(*console.terminal, O_RDWR)));
  return ok();
}

// /dev/tty: the host's would show what is typed and written there.
Result<Ref<file::File>> open_terminal(int flags) {
  if (!g_console->terminal) return Errno(ENXIO);
  return ConsoleTerminalFile::create(*g_console->terminal, flags & (O_ACCMODE | O_NONBLOCK));
}

Result<void> install_descriptors(Console& console) {
  file::controlling_terminal = &open_terminal;
  if (console.terminal) return install_terminal(console);
  Ref<file::File> reader, writer;
  TRY(file::create_pipe(0, reader, writer));
  if (console.input) console.pump_to = std::move(writer);  // without one, stdin is empty
  TRY(install(0, ConsoleInputFile::create(std::move(reader), console.input_failed, 0)));
  TRY(install(1, ConsoleOutputFile::create(console.output, 0)));
  if (!console.error.attached()) return ok();
  return install(2, ConsoleOutputFile::create(console.error, 0));
}

// Gives data to the program. False: it has closed its stdin.
bool deliver(Console& console, console::Bytes data) {
  if (console.terminal) {
    console.terminal->type(data);
    return true;
  }
  // SAFETY: IoVector moves in both directions; this one is only read.
  auto from = file::IoVector::of_runtime(const_cast<uint8_t*>(data.data()), data.size());
  return console.pump_to->write(from, {}).ok();
}

// False: nothing of what follows is wanted.
bool take(Console& console, const console::Record& record) {
  if (record.type == console::RecordType::kData) return deliver(console, record.payload);
  if (record.type == console::RecordType::kTerminal && console.terminal)
    console.terminal->resize(console::terminal_size(record));
  return record.type != console::RecordType::kClosed;
}

// Thread of the runtime: decrypts what the host brings until the stream ends.
void pump_input() {
  Console& console = *g_console;
  console::Record record;
  console::Fault fault;
  while ((fault = console.input->next(record)) == console::Fault::kNone)
    if (!take(console, record)) break;
  if (fault != console::Fault::kNone) {
    boundary::log(boundary::Line() << "scone: stdin: " << console::describe(fault));
    console.input_failed.store(true, std::memory_order_release);
  }
  console.pump_to = {};
  if (console.terminal) console.terminal->hang_up();
  sched::exit_current();
}

Result<void> start_pump() {
  auto thread = TRY(sched::Lthread::create(0));
  entry::start_in_runtime(*thread, &pump_input);
  sched::start(*thread.release());
  return ok();
}

// Parks until the client has sent its nonce and its window.
ConsoleProblem await_client(ConsoleInput& input, console::Session& session, console::TerminalSize& window) {
  console::Record record;
  console::Fault fault = input.next(record);
  if (fault == console::Fault::kNone) fault = input.next(record);
  if (fault == console::Fault::kTruncated) return ConsoleProblem::kNoClient;
  if (fault != console::Fault::kNone || record.type != console::RecordType::kTerminal)
    return ConsoleProblem::kWrongClient;
  session = input.session();
  window = console::terminal_size(record);
  return session.has_client() ? ConsoleProblem::kNone : ConsoleProblem::kWrongClient;
}

// False: no memory.
bool make_terminal(Console& console, console::TerminalSize window) {
  if (!window.present()) return true;
  const Result<uint64_t> group = host_call(__NR_getpgid, 0);
  console.terminal = new (std::nothrow)
      ConsoleTerminal(console.output, window, static_cast<int>(group.ok() ? group.value() & INT32_MAX : 0));
  return console.terminal != nullptr;
}

ConsoleProblem meet_client(Console& console, console::Key key, console::Session& session) {
  Result<Ref<file::File>> host = file::open_standard_descriptor(0);
  if (!host.ok()) return ConsoleProblem::kNoInput;
  console.input = new (std::nothrow) ConsoleInput(host.take(), key, session);
  if (!console.input || !console.output.challenge(key, session).ok()) return ConsoleProblem::kFailed;
  console::TerminalSize window;
  const ConsoleProblem problem = await_client(*console.input, session, window);
  if (problem != ConsoleProblem::kNone) return problem;
  return make_terminal(console, window) ? ConsoleProblem::kNone : ConsoleProblem::kFailed;
}

Result<void> begin(Console& console, console::Key key, const console::Session& session) {
  TRY(console.output.begin(key, session));
  TRY(console.error.begin(key, session));
  TRY(install_descriptors(console));
  return console.input ? start_pump() : ok();
}

}  // namespace

const char* describe(ConsoleProblem problem) {
  switch (problem) {
    case ConsoleProblem::kNone:
      return "it works";
    case ConsoleProblem::kNoOutput:
      return "stdout is not open";
    case ConsoleProblem::kNoInput:
      return "stdin is not open";
    case ConsoleProblem::kNoClient:
      return "no client answered on stdin; start it with `scone console`";
    case ConsoleProblem::kWrongClient:
      return "the answer on stdin is not that of a client with this console's key";
    case ConsoleProblem::kFailed:
      return "no memory, no random numbers, or a stdout that cannot be written to";
  }
  return "unknown";
}

ConsoleProblem start_console(const scf::Console& configuration) {
  const console::Key key(configuration.key.data(), console::kKeySize);
  auto* console = new (std::nothrow) Console;
  console::Session session;
  if (!console || !crypto::random_bytes(session.enclave).ok()) return ConsoleProblem::kFailed;
  g_console = console;
  Result<Ref<file::File>> output = file::open_standard_descriptor(1);
  if (!output.ok()) return ConsoleProblem::kNoOutput;
  console->output.attach(output.take());
  if (Result<Ref<file::File>> error = file::open_standard_descriptor(2); error.ok())
    console->error.attach(error.take());
  if (configuration.mode == scf::ConsoleMode::kInteractive) {
    const ConsoleProblem problem = meet_client(*console, key, session);
    if (problem != ConsoleProblem::kNone) return problem;
  }
  return begin(*console, key, session).ok() ? ConsoleProblem::kNone : ConsoleProblem::kFailed;
}

bool has_shielded_terminal() { return g_console && g_console->terminal; }

void end_console(int wait_status) {
  if (!g_console) return;
  // stdout last: who has its end has everything.
  g_console->error.end(static_cast<uint32_t>(wait_status));
  g_console->output.end(static_cast<uint32_t>(wait_status));
}

}  // namespace scone::shield
