// /proc/self/stat and status.
#include <asm/unistd.h>

#include "enclave/boundary/host_buffer.h"
#include "enclave/boundary/host_call.h"
#include "enclave/boundary/host_state.h"
#include "enclave/file/fd_table.h"
#include "enclave/file/proc_files.h"
#include "enclave/file/proc_memory.h"
#include "enclave/file/proc_thread.h"
#include "enclave/file/program_facts.h"
#include "enclave/process/own_credentials.h"
#include "enclave/process/signal_state.h"
#include "enclave/process/thread_list.h"

namespace scone::file {
namespace {

constexpr uint64_t kPage = 4096;
constexpr uint64_t kTickNs = 10'000'000;  // USER_HZ is 100

struct SignalSets {
  process::SignalSet ignored = 0, caught = 0;
};

SignalSets signal_sets() {
  SignalSets sets;
  for (int signal = 1; signal <= process::kSigMax; ++signal) {
    const uint64_t handler = process::get_action(signal).handler;
    if (handler == process::kHandlerIgnore) sets.ignored |= process::set_of(signal);
    if (handler > process::kHandlerIgnore) sets.caught |= process::set_of(signal);
  }
  return sets;
}

char state_of(const sched::Lthread& thread) {
  return thread.state.load(std::memory_order_relaxed) == sched::ThreadState::kParked ? 'S' : 'R';
}

// User and system time of the runner in ticks: what the host says.
struct Times {
  uint64_t user, system;
};
Times host_times() {
  Result<HostBuffer> buffer = HostBuffer::allocate(4 * sizeof(uint64_t));
  if (!buffer.ok() || !host_call(__NR_times, buffer.value().address()).ok()) return {};
  return buffer.value().get<Times>(0);
}

uint64_t host_id(uint64_t call) { return host_call(call, 0).value_or(0); }

class StatLine {
 public:
  explicit StatLine(Text& to) : to_(to) {}
  template <typename... Values>
  void add(Values... values) {
    (add_one(static_cast<uint64_t>(values)), ...);
  }
  void add_signed(int64_t value) {
    to_.append(" ");
    to_.append_signed(value);
  }

 private:
  void add_one(uint64_t value) {
    to_.append(" ");
    to_.append_number(value);
  }
  Text& to_;
};

class StatusLines {
 public:
  explicit StatusLines(Text& to) : to_(to) {}
  void text(std::string_view name, std::string_view value) {
    begin(name);
    to_.append(value);
    to_.append("\n");
  }
  void numbers(std::string_view name, std::initializer_list<uint64_t> values) {
    begin(name);
    const char* separator = "";
    for (uint64_t value : values) {
      to_.append(separator);
      to_.append_number(value);
      separator = "\t";
    }
    to_.append("\n");
  }
  void kilobytes(std::string_view name, uint64_t bytes) {
    begin(name);
    to_.append_number(bytes >> 10, 8);
    to_.append(" kB\n");
  }
  void set(std::string_view name, uint64_t bits) {
    begin(name);
    to_.append_hex(bits, 16);
    to_.append("\n");
  }

 private:
  void begin(std::string_view name) {
    to_.append(name);
    to_.append(":\t");
  }
  Text& to_;
};

void append_identity(StatusLines& lines, int thread, const process::Credentials& who) {
  const auto& info = boundary::start_info();
  lines.numbers("Tgid", {info.pid});
  lines.numbers("Ngid", {0});
  lines.numbers("Pid", {static_cast<uint64_t>(thread)});
  lines.numbers("PPid", {info.ppid});
  lines.numbers("TracerPid", {0});
  lines.numbers("Uid", {who.users.real, who.users.effective, who.users.saved, who.users.filesystem});
  lines.numbers("Gid", {who.groups.real, who.groups.effective, who.groups.saved, who.groups.filesystem});
  lines.numbers("FDSize", {fd_table().size()});
}

void append_groups(Text& to, const process::Credentials& who) {
  to.append("Groups:\t");
  for (size_t i = 0; who.supplementary && i < who.supplementary->count(); ++i) {
    to.append_number(who.supplementary->data()[i]);
    to.append(" ");
  }
  to.append("\n");
}

void append_memory(StatusLines& lines) {
  const MemoryFigures figures = memory_figures();
  lines.kilobytes("VmPeak", figures.size);
  lines.kilobytes("VmSize", figures.size);
  lines.kilobytes("VmLck", 0);
  lines.kilobytes("VmHWM", figures.resident);
  lines.kilobytes("VmRSS", figures.resident);
  lines.kilobytes("VmData", figures.data);
  lines.kilobytes("VmStk", figures.stack);
  lines.kilobytes("VmExe", figures.code);
  lines.kilobytes("VmSwap", 0);
}

void append_signals(StatusLines& lines, sched::Lthread& thread) {
  const SignalSets sets = signal_sets();
  lines.set("SigPnd", process::pending_for(thread));
  lines.set("ShdPnd", 0);
  lines.set("SigBlk", thread.signals.blocked);
  lines.set("SigIgn", sets.ignored);
  lines.set("SigCgt", sets.caught);
}

void append_capabilities(StatusLines& lines, const process::Credentials& who) {
  lines.set("CapInh", who.capabilities.inheritable);
  lines.set("CapPrm", who.capabilities.permitted);
  lines.set("CapEff", who.capabilities.effective);
  lines.set("CapBnd", who.capabilities.bounding);
  lines.set("CapAmb", who.capabilities.ambient);
  lines.numbers("NoNewPrivs", {who.no_new_privileges ? uint64_t{1} : 0});
  lines.numbers("Seccomp", {0});
}

}  // namespace

Result<void> generate_status(Text& to, int thread) {
  const Ref<sched::Lthread> found = process::threads().find(thread);
  if (!found) return Errno(ESRCH);
  ThreadName name;
  TRY(name.read(thread));
  const process::Credentials who = process::credentials();
  StatusLines lines(to);
  lines.text("Name", name.view());
  lines.text("State", state_of(*found) == 'S' ? "S (sleeping)" : "R (running)");
  append_identity(lines, thread, who);
  append_groups(to, who);
  append_memory(lines);
  lines.numbers("Threads", {static_cast<uint64_t>(process::threads().count())});
  append_signals(lines, *found);
  append_capabilities(lines, who);
  return ok();
}

Result<void> generate_stat(Text& to, int thread) {
  const Ref<sched::Lthread> found = process::threads().find(thread);
  if (!found) return Errno(ESRCH);
  ThreadName name;
  TRY(name.read(thread));
  const MemoryFigures memory = memory_figures();
  const ProgramFacts& facts = program_facts();
  const SignalSets signals = signal_sets();
  const Times times = host_times();
  to.append_number(static_cast<uint64_t>(thread));
  to.append(" (");
  to.append(name.view());
  to.append(") ");
  to.append_char(state_of(*found));
  StatLine line(to);
  line.add(boundary::start_info().ppid, host_id(__NR_getpgid), host_id(__NR_getsid), 0);
  line.add_signed(-1);                                      // tpgid
  line.add(0, 0, 0, 0, 0, times.user, times.system, 0, 0);  // flags … cstime
  line.add(20, 0, process::threads().count(), 0, program_start_ns() / kTickNs);
  line.add(memory.size, memory.resident / kPage, UINT64_MAX, facts.code_begin, facts.code_end,
           facts.stack_begin);
  line.add(0, 0, 0, found->signals.blocked, signals.ignored, signals.caught);
  line.add(0, 0, 0, 17, 0, 0, 0, 0, 0, 0);  // wchan … cguest_time; 17: exit_signal SIGCHLD
  line.add(0, 0, 0, facts.arguments_begin, facts.arguments_end, facts.environment_begin,
           facts.environment_end, 0);
  to.append("\n");
  return ok();
}

}  // namespace scone::file
