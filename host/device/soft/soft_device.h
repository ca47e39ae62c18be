// Software SGX: the architecture modelled in user space. It protects nothing from the host.
#pragma once

#include <memory>

#include "host/device/enclave_device.h"
#include "host/device/soft/enclave.h"

namespace scone::host::soft {

struct SoftOptions {
  Fidelity fidelity = Fidelity::kFast;
  // TSC cycles that an exit and the entry after it take together; 0: what the model itself takes.
  uint64_t cost = 0;
};

// The device makes one enclave, and a process has one such device at a time. Threads that entered must not outlive it inside enter().
std::unique_ptr<EnclaveDevice> make_soft_device(const SoftOptions& options);

}  // namespace scone::host::soft
