// What the hardware device needs of the kernel, narrow enough to be faked in tests.
#pragma once

#include <asm/sgx.h>

#include <cstdint>
#include <memory>
#include <string>

#include "base/result.h"
#include "host/device/enclave_device.h"

namespace scone::host::hw {

// __vdso_sgx_enter_enclave and the code it occupies, in which asynchronous exits land.
struct EnterFunction {
  int (*call)(unsigned long rdi, unsigned long rsi, unsigned long rdx, unsigned int function,
              unsigned long r8, unsigned long r9, EnclaveRun* run) = nullptr;
  uint64_t size = 0;  // bytes
};

// Errors are the system calls' errno values.
class KernelInterface {
 public:
  virtual ~KernelInterface() = default;
  // CPUID.(EAX=7,ECX=0):EBX.SGX.
  virtual bool processor_has_sgx() = 0;
  virtual Result<int> open_device(const std::string& path) = 0;
  virtual void close_device(int fd) = 0;
  // Returns what ioctl(2) returns when that is not negative.
  virtual Result<int> control(int fd, unsigned long request, void* argument) = 0;
  // mmap(2) at exactly `address`. fd -1: an anonymous reservation without access, EEXIST if something is mapped there. Otherwise
  // a shared mapping of the device over what is there.
  virtual Result<void> map(uint64_t address, uint64_t size, int protection, int fd) = 0;
  virtual void unmap(uint64_t address, uint64_t size) = 0;
  // ENOSYS if the kernel's vDSO has no such function.
  virtual Result<EnterFunction> find_enter() = 0;
};

std::unique_ptr<KernelInterface> make_linux();

}  // namespace scone::host::hw
