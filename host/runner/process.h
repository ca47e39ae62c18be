// What the runner's threads share.
#pragma once

#include <atomic>
#include <vector>

#include "abi/border.h"
#include "host/device/enclave_device.h"
#include "host/runner/border_memory.h"
#include "host/runner/clock.h"
#include "host/runner/pinning.h"
#include "host/runner/runner.h"
#include "host/runner/sleeper.h"
#include "host/syscall/helpers.h"
#include "host/syscall/receiver.h"

namespace scone::host {

struct Process {
  EnclaveDevice& device;
  BorderMemory& memory;
  Sleeper& sleeper;
  Helpers& helpers;
  Clock& clock;
  Receiver* const receiver;  // nullptr: the engine does not receive ahead
  const std::vector<uint64_t> tcs;
  const StatsSink stats_sink;
  const EngineChoice engine;
  const Pinning& pinning;
  std::atomic<bool> started[abi::kMaxEthreads] = {};
  std::atomic<bool> ended{false};
};

}  // namespace scone::host
