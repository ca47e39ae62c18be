#include "host/runner/end.h"

#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cinttypes>
#include <cstdio>

namespace scone::host {
namespace {

// Dies by the same signal as the program, so that whoever waits sees the truth.
[[noreturn]] void die_by(int signal) {
  const rlimit no_core{0, 0};
  setrlimit(RLIMIT_CORE, &no_core);  // a core file would hold the runner, which explains nothing
  struct sigaction action {};
  action.sa_handler = SIG_DFL;
  sigaction(signal, &action, nullptr);
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, signal);
  raise(
      signal);  // to this thread: one sent to the process may be another's, and this one be at _exit() before it dies
  pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
  _exit(128 + signal);
}

}  // namespace

void end_process(Process& process, uint64_t wait_status) {
  if (process.ended.exchange(true))
    for (;;) pause();
  if (process.stats_sink) process.stats_sink(process.memory.stats(), process.engine);
  const int signal = static_cast<int>(wait_status & 0x7f);
  if (signal != 0) die_by(signal);
  _exit(static_cast<int>(wait_status >> 8 & 0xff));
}

void report_abort(const abi::EthreadArea& area) {
  if (area.call_args[0] == UINT64_MAX) return;  // the enclave has logged its reason
  fprintf(stderr,
          "scone: the enclave's runtime faulted: vector %" PRIu64 " at image offset %#" PRIx64
          ", address %#" PRIx64 "\n",
          area.call_args[0], area.call_args[1], area.call_args[2]);
}

}  // namespace scone::host
