// The real kernel behind KernelInterface.
#include <cpuid.h>
#include <fcntl.h>
#include <sys/auxv.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>

#include "host/device/sgx/kernel_interface.h"
#include "host/device/sgx/vdso.h"

namespace scone::host::hw {
namespace {

constexpr unsigned kCpuidSgx = 1 << 2;

class LinuxKernel final : public KernelInterface {
 public:
  bool processor_has_sgx() override {
    unsigned a, b, c, d;
    return __get_cpuid_count(7, 0, &a, &b, &c, &d) && (b & kCpuidSgx);
  }
  Result<int> open_device(const std::string& path) override {
    int fd = open(path.c_str(), O_RDWR | O_CLOEXEC);
    if (fd < 0) return Errno(errno);
    return fd;
  }
  void close_device(int fd) override { close(fd); }
  Result<int> control(int fd, unsigned long request, void* argument) override {
    int result = ioctl(fd, request, argument);
    if (result < 0) return Errno(errno);
    return result;
  }
  Result<void> map(uint64_t address, uint64_t size, int protection, int fd) override {
    int flags =
        fd < 0 ? MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE : MAP_SHARED | MAP_FIXED;
    void* memory = mmap(reinterpret_cast<void*>(address), size, protection, flags, fd, 0);
    if (memory == MAP_FAILED) return Errno(errno);
    return ok();
  }
  void unmap(uint64_t address, uint64_t size) override { munmap(reinterpret_cast<void*>(address), size); }
  Result<EnterFunction> find_enter() override {
    auto symbol = find_vdso_symbol(getauxval(AT_SYSINFO_EHDR), "__vdso_sgx_enter_enclave");
    if (!symbol) return Errno(ENOSYS);
    // SAFETY: the vDSO exports this function with this signature (arch/x86/include/uapi/asm/sgx.h); EnclaveRun has the layout of
    // struct sgx_enclave_run.
    return EnterFunction{reinterpret_cast<decltype(EnterFunction::call)>(symbol->address), symbol->size};
  }
};

}  // namespace

std::unique_ptr<KernelInterface> make_linux() { return std::make_unique<LinuxKernel>(); }

}  // namespace scone::host::hw
