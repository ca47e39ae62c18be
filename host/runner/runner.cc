#include "host/runner/runner.h"

#include <pthread.h>
#include <unistd.h>

#include <cstring>

#include "host/runner/border_memory.h"
#include "host/runner/cpuid.h"
#include "host/runner/ethread.h"
#include "host/runner/hostile.h"
#include "host/runner/process.h"
#include "host/runner/signals.h"
#include "host/syscall/epoll_receiver.h"

namespace scone::host {
namespace {

// An exit and the entry after it that cost so much are worth a moment's wait for more to carry.
constexpr uint64_t kWorthWaitingCycles = 4000;

size_t strings_size(const RunOptions& options) {
  size_t size = options.program.size() + 1;
  for (const auto& list : {options.arguments, options.environment})
    for (const std::string& text : list) size += text.size() + 1;
  return size;
}

void copy_strings(char* to, const RunOptions& options) {
  const auto put = [&to](const std::string& text) {
    memcpy(to, text.c_str(), text.size() + 1);
    to += text.size() + 1;
  };
  put(options.program);
  for (const std::string& text : options.arguments) put(text);
  for (const std::string& text : options.environment) put(text);
}

void fill_start(BorderMemory& memory, const RunOptions& options, const Sleeper& sleeper) {
  abi::StartInfo& start = memory.start();
  start.enclave_size = options.enclave_size;
  start.ethreads = options.ethreads;
  start.heap_limit = options.heap_limit;
  if (options.trace) start.flags |= abi::kFlagTrace;
  if (options.stats) start.flags |= abi::kFlagStats;
  if (!options.rewrite) start.flags |= abi::kFlagNoRewrite;
  if (options.engine == Engine::kThreads) start.flags |= abi::kFlagThreadsEngine;
  if (options.engine == Engine::kBatched) start.flags |= abi::kFlagBatched | abi::kFlagReceiveAhead;
  start.argc = options.arguments.size();
  start.envc = options.environment.size();
  start.pid = static_cast<uint64_t>(getpid());
  start.ppid = static_cast<uint64_t>(getppid());
  start.uid = getuid();
  start.euid = geteuid();
  start.gid = getgid();
  start.egid = getegid();
  start.epoll_fd = static_cast<uint64_t>(sleeper.epoll_fd());
  start.cpuid_count = read_cpuid(memory.cpuid(), BorderMemory::kMaxCpuid);
  copy_strings(memory.strings(), options);
  tamper_start(start);
}

}  // namespace

Result<void> run_enclave(EnclaveDevice& device, const std::vector<uint64_t>& tcs, const RunOptions& options, Clock& clock,
                         StatsSink stats_sink) {
  // All of this lives until the process ends, which happens on whichever thread the program ends on.
  auto* memory = new BorderMemory(TRY(BorderMemory::create(strings_size(options))));
  auto* sleeper = new Sleeper;
  TRY(Sleeper::create(*sleeper));
  fill_start(*memory, options, *sleeper);
  clock.publish(memory->shared().time);
  Receiver* receiver = nullptr;
  if (options.engine == Engine::kBatched)
    receiver = new EpollReceiver(sleeper->epoll_fd(), memory->receive_buffers(), &memory->ethread(0));
  sleeper->set_receiver(receiver, device.transition_cycles() >= kWorthWaitingCycles);
  auto* helpers =
      new Helpers(memory->shared(), options.engine == Engine::kThreads, [sleeper] { sleeper->wake_any(); });
  auto* process = new Process{device, *memory, *sleeper, *helpers, clock, receiver, tcs, options.stats ? stats_sink : nullptr};
  TRY(install_signal_handlers(*process));
  run_ethread(*process, 0);
}

}  // namespace scone::host
