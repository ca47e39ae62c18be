#include "host/runner/runner.h"

#include <pthread.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>

#include "host/runner/border_memory.h"
#include "host/runner/cpuid.h"
#include "host/runner/ethread.h"
#include "host/runner/hostile.h"
#include "host/runner/process.h"
#include "host/runner/signals.h"
#include "host/syscall/epoll_receiver.h"
#include "host/syscall/uring_receiver.h"

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

void fill_start(BorderMemory& memory, const RunOptions& options, const EngineChoice& engine, const Sleeper& sleeper) {
  abi::StartInfo& start = memory.start();
  start.enclave_size = options.enclave_size;
  start.ethreads = options.ethreads;
  start.heap_limit = options.heap_limit;
  if (options.trace) start.flags |= abi::kFlagTrace;
  if (options.stats) start.flags |= abi::kFlagStats;
  if (!options.rewrite) start.flags |= abi::kFlagNoRewrite;
  if (engine.engine == Engine::kThreads) start.flags |= abi::kFlagThreadsEngine;
  if (engine.engine == Engine::kBatched || engine.engine == Engine::kUring)
    start.flags |= abi::kFlagBatched | abi::kFlagReceiveAhead;
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
  if (!options.scf.empty()) {
    start.scf = reinterpret_cast<uint64_t>(options.scf.data());
    start.scf_size = options.scf.size();
    start.scf_key = reinterpret_cast<uint64_t>(options.scf_key);
    start.scf_key_size = abi::kScfKeySize;
  }
  tamper_start(start);
}

// epoll and recv are the default: measured side by side, io_uring was never better (docs/decisions/0016). One ring belongs to one thread, and
// streams must not wait for an ethread that computes, so io_uring serves one ethread only.
EngineChoice choose_engine(const RunOptions& options, const Sleeper& sleeper, BorderMemory& memory,
                           std::unique_ptr<Receiver>& receiver) {
  if (options.engine == Engine::kSync) return {Engine::kSync, "sync", "asked for"};
  if (options.engine == Engine::kThreads) return {Engine::kThreads, "threads", "asked for"};
  const char* why = options.engine == Engine::kAuto ? "the best here as a rule" : "asked for";
  if (options.engine == Engine::kUring) {
    why = "io_uring serves one ethread, and there are more";
    if (options.ethreads == 1) {
      auto made = UringReceiver::create(sleeper.epoll_fd(), memory.receive_buffers());
      if (made.ok()) {
        receiver = made.take();
        return {Engine::kUring, "uring", "asked for"};
      }
      why = made.error() == Errno(EINVAL) ? "io_uring is too old here" : "io_uring is not allowed here";
    }
  }
  receiver = std::make_unique<EpollReceiver>(sleeper.epoll_fd(), memory.receive_buffers(), &memory.ethread(0));
  return {Engine::kBatched, "batched", why};
}

}  // namespace

Result<void> run_enclave(EnclaveDevice& device, const std::vector<uint64_t>& tcs, const RunOptions& options, Clock& clock,
                         StatsSink stats_sink) {
  // All of this lives until the process ends, which happens on whichever thread the program ends on.
  auto* memory = new BorderMemory(TRY(BorderMemory::create(strings_size(options))));
  auto* sleeper = new Sleeper;
  TRY(Sleeper::create(*sleeper));
  std::unique_ptr<Receiver> receiver;
  const EngineChoice engine = choose_engine(options, *sleeper, *memory, receiver);
  fill_start(*memory, options, engine, *sleeper);
  clock.publish(memory->shared().time);
  sleeper->set_receiver(receiver.get(), device.transition_cycles() >= kWorthWaitingCycles);
  auto* pinning = new Pinning(options.cores);
  auto* helpers = new Helpers(memory->shared(), engine.engine == Engine::kThreads, *pinning,
                              [sleeper] { sleeper->wake_any(); });
  auto* process = new Process{device,   *memory,
                              *sleeper, *helpers,
                              clock,    receiver.release(),
                              tcs,      options.stats ? stats_sink : nullptr,
                              engine,   *pinning};
  TRY(install_signal_handlers(*process));
  run_ethread(*process, 0);
}

}  // namespace scone::host
