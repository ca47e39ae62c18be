// SGX silicon through Linux: /dev/sgx_enclave and the vDSO. Not yet run on silicon.
#pragma once

#include <memory>
#include <string>

#include "host/device/enclave_device.h"
#include "host/device/sgx/kernel_interface.h"

namespace scone::host::hw {

inline constexpr const char* kDevicePath = "/dev/sgx_enclave";

// Opens the device. On failure `missing` says in one line what this machine lacks and how to get it; ENODEV, EACCES or ENOSYS.
Result<std::unique_ptr<EnclaveDevice>> open_hardware_device(std::unique_ptr<KernelInterface> kernel,
                                                            std::string& missing);
inline Result<std::unique_ptr<EnclaveDevice>> open_hardware_device(std::string& missing) {
  return open_hardware_device(make_linux(), missing);
}

}  // namespace scone::host::hw
