// Runs one program in one enclave.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "host/device/enclave_device.h"
#include "host/runner/clock.h"

namespace scone::host {

// How system calls reach the host: each by an exit; through helper threads; or together with the exits that there are anyway, streams being
// received ahead.
// kUring: the same with io_uring; kAuto: what is best here.
enum class Engine { kSync, kThreads, kBatched, kUring, kAuto };

// Which engine runs, and why if that was not asked for.
struct EngineChoice {
  Engine engine;
  const char* name;
  const char* why;
};

struct RunOptions {
  std::string program;                 // path; found already
  std::vector<std::string> arguments;  // argv, including argv[0]
  std::vector<std::string> environment;
  unsigned ethreads = 1;
  std::vector<int> cores;  // that ethreads keep to; negative or missing: any
  uint64_t enclave_size = 0;
  uint64_t heap_limit = 0;             // bytes the program may commit
  Engine engine = Engine::kAuto;
  bool trace = false;
  bool stats = false;
  bool rewrite = true;
  // An encrypted start-up configuration for the enclave: then program, arguments and environment mean nothing.
  std::string scf;
  uint64_t* scf_key = nullptr;  // abi::kScfKeySize bytes of the caller's; the enclave overwrites them
};

// Prints the counters after the program has ended; called on any thread.
using StatsSink = void (*)(const abi::StatsBlock&, const EngineChoice&);

// Enters the initialised enclave on `device` and runs the program to its end; never returns: the process ends as the
// program did, by exit code or by signal. tcs[i] is ethread i's TCS. Errors come before the first entry.
Result<void> run_enclave(EnclaveDevice& device, const std::vector<uint64_t>& tcs, const RunOptions& options, Clock& clock,
                         StatsSink stats_sink);

}  // namespace scone::host
