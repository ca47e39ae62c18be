#include "host/device/sgx/hardware_device.h"

#include <sys/mman.h>
#include <ucontext.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <vector>

#include "abi/layout.h"

namespace scone::host::hw {
namespace {

static_assert(sizeof(EnclaveRun) == sizeof(sgx_enclave_run));
static_assert(offsetof(EnclaveRun, exception_vector) == offsetof(sgx_enclave_run, exception_vector));
static_assert(offsetof(EnclaveRun, exception_addr) == offsetof(sgx_enclave_run, exception_addr));

constexpr uint8_t kEnclu[] = {0x0f, 0x01, 0xd7};

int protection_of(const sgx::SecInfo& info) {
  // The driver asks for read and write access to a TCS, which only the processor uses.
  if (info.page_type() == sgx::kPtTcs) return PROT_READ | PROT_WRITE;
  return (info.flags & sgx::kSecInfoR ? PROT_READ : 0) | (info.flags & sgx::kSecInfoW ? PROT_WRITE : 0) |
         (info.flags & sgx::kSecInfoX ? PROT_EXEC : 0);
}

class HardwareDevice final : public EnclaveDevice {
 public:
  HardwareDevice(std::unique_ptr<KernelInterface> kernel, int fd, EnterFunction enter)
      : kernel_(std::move(kernel)), fd_(fd), enter_(enter) {}
  ~HardwareDevice() override {
    if (mapped_size_) kernel_->unmap(mapped_begin_, mapped_size_);
    kernel_->close_device(fd_);
  }

  std::string_view name() const override { return "hardware"; }
  std::string last_error() const override { return error_; }
  Result<void> create(const sgx::Secs& secs) override;
  Result<void> add_pages(uint64_t offset, std::span<const uint8_t> source, const sgx::SecInfo& info,
                         bool measure) override;
  Result<void> initialize(const sgx::SigStruct& signature) override;
  Result<void> restrict_permissions(uint64_t offset, uint64_t length, uint64_t permissions) override;
  Result<void> modify_types(uint64_t offset, uint64_t length, uint64_t page_type) override;
  Result<void> remove_pages(uint64_t offset, uint64_t length) override;
  Result<void> attach_thread() override { return ok(); }
  int enter(uint64_t rdi, uint64_t rsi, uint64_t rdx, uint32_t function, uint64_t r8, uint64_t r9,
            EnclaveRun& run) override {
    run.user_handler = 0;
    return enter_.call(rdi, rsi, rdx, function, r8, r9, &run);
  }
  Result<void> install_async_handler(int signo, AsyncHandler handler, int flags) override;
  bool interrupted_enclave(void* context) override;

 private:
  struct Part {
    uint64_t begin, size;  // offsets
    int protection;
  };
  // Repeats an ioctl that may stop half-way, until all `length` bytes are done.
  template <typename Request>
  Result<void> control_all(unsigned long number, Request request);
  Result<void> map_parts();
  Result<void> map_part(uint64_t begin, uint64_t end, int protection);
  Errno fail(const char* what, Errno code);

  std::unique_ptr<KernelInterface> kernel_;
  const int fd_;
  const EnterFunction enter_;
  sgx::Secs secs_{};
  std::vector<Part> parts_;
  uint64_t mapped_begin_ = 0, mapped_size_ = 0;
  std::string error_;
};

Errno HardwareDevice::fail(const char* what, Errno code) {
  error_ = std::string(what) + ": " + strerror(code.code());
  return code;
}

Result<void> HardwareDevice::create(const sgx::Secs& secs) {
  uint64_t begin = std::max(secs.base, abi::kProgramBegin), size = secs.base + secs.size - begin;
  if (auto reserved = kernel_->map(begin, size, PROT_NONE, -1); !reserved.ok())
    return fail("the enclave's address range is not free", reserved.error());
  mapped_begin_ = begin;
  mapped_size_ = size;
  sgx_enclave_create request{reinterpret_cast<uint64_t>(&secs)};
  if (auto created = kernel_->control(fd_, SGX_IOC_ENCLAVE_CREATE, &request); !created.ok())
    return fail("SGX_IOC_ENCLAVE_CREATE (is the enclave larger than the processor allows?)", created.error());
  secs_ = secs;
  return ok();
}

template <typename Request>
Result<void> HardwareDevice::control_all(unsigned long number, Request request) {
  while (request.length) {
    request.count = 0;
    auto done = kernel_->control(fd_, number, &request);
    uint64_t count = std::min<uint64_t>(request.count, request.length);
    request.offset += count;
    request.length -= count;
    if constexpr (requires { request.src; }) request.src += count;
    bool interrupted = !done.ok() && (done.error() == Errno(EINTR) || done.error() == Errno(EAGAIN));
    if (!done.ok() && !interrupted) return done.error();
    // A positive result is an SGX error code; then `result` holds it and nothing more will be done.
    if (done.ok() && (done.value() != 0 || count == 0)) return Errno(EFAULT);
  }
  return ok();
}

Result<void> HardwareDevice::add_pages(uint64_t offset, std::span<const uint8_t> source,
                                       const sgx::SecInfo& info, bool measure) {
  // The driver wants a page-aligned source.
  std::unique_ptr<uint8_t, decltype(&free)> aligned(
      static_cast<uint8_t*>(aligned_alloc(sgx::kPageSize, source.size())), &free);
  if (!aligned) return Errno(ENOMEM);
  std::memcpy(aligned.get(), source.data(), source.size());
  sgx_enclave_add_pages request{};
  request.src = reinterpret_cast<uint64_t>(aligned.get());
  request.offset = offset;
  request.length = source.size();
  request.secinfo = reinterpret_cast<uint64_t>(&info);
  request.flags = measure ? SGX_PAGE_MEASURE : 0;
  if (auto added = control_all(SGX_IOC_ENCLAVE_ADD_PAGES, request); !added.ok())
    return fail("SGX_IOC_ENCLAVE_ADD_PAGES", added.error());
  parts_.push_back({offset, source.size(), protection_of(info)});
  return ok();
}

Result<void> HardwareDevice::initialize(const sgx::SigStruct& signature) {
  alignas(sgx::kPageSize) uint8_t page[sgx::kPageSize] = {};
  std::memcpy(page, &signature, sizeof signature);
  sgx_enclave_init request{reinterpret_cast<uint64_t>(page)};
  if (auto initialized = kernel_->control(fd_, SGX_IOC_ENCLAVE_INIT, &request); !initialized.ok())
    return fail("SGX_IOC_ENCLAVE_INIT (does the signature belong to this enclave?)", initialized.error());
  return map_parts();
}

// Added pages are mapped with the permissions they have, everything else, which comes by EAUG, with all: what the enclave may
// do there is for the EPCM to say.
Result<void> HardwareDevice::map_parts() {
  std::ranges::sort(parts_, {}, &Part::begin);
  uint64_t at = mapped_begin_ - secs_.base;
  for (const Part& part : parts_) {
    TRY(map_part(at, part.begin, PROT_READ | PROT_WRITE | PROT_EXEC));
    TRY(map_part(part.begin, part.begin + part.size, part.protection));
    at = part.begin + part.size;
  }
  return map_part(at, secs_.size, PROT_READ | PROT_WRITE | PROT_EXEC);
}

Result<void> HardwareDevice::map_part(uint64_t begin, uint64_t end, int protection) {
  if (begin >= end) return ok();
  if (auto mapped = kernel_->map(secs_.base + begin, end - begin, protection, fd_); !mapped.ok())
    return fail("mapping the enclave (is /dev mounted noexec?)", mapped.error());
  return ok();
}

Result<void> HardwareDevice::restrict_permissions(uint64_t offset, uint64_t length, uint64_t permissions) {
  return control_all(SGX_IOC_ENCLAVE_RESTRICT_PERMISSIONS,
                     sgx_enclave_restrict_permissions{offset, length, permissions, 0, 0});
}
Result<void> HardwareDevice::modify_types(uint64_t offset, uint64_t length, uint64_t page_type) {
  return control_all(SGX_IOC_ENCLAVE_MODIFY_TYPES, sgx_enclave_modify_types{offset, length, page_type, 0, 0});
}
Result<void> HardwareDevice::remove_pages(uint64_t offset, uint64_t length) {
  return control_all(SGX_IOC_ENCLAVE_REMOVE_PAGES, sgx_enclave_remove_pages{offset, length, 0});
}

// A processor leaves the enclave by itself before a signal is delivered, so an ordinary handler does. Returning from it continues at
// the AEP, which resumes.
Result<void> HardwareDevice::install_async_handler(int signo, AsyncHandler handler, int flags) {
  struct sigaction action {};
  action.sa_sigaction = handler;
  action.sa_flags = SA_SIGINFO | flags;
  if (sigaction(signo, &action, nullptr) != 0) return Errno(errno);
  return ok();
}

// After an AEX, RIP is the AEP: the vDSO's ENCLU, with RAX = ERESUME.
bool HardwareDevice::interrupted_enclave(void* context) {
  const auto& gregs = static_cast<ucontext_t*>(context)->uc_mcontext.gregs;
  auto rip = static_cast<uint64_t>(gregs[REG_RIP]);
  uint64_t begin = reinterpret_cast<uint64_t>(enter_.call);
  return rip - begin < enter_.size && gregs[REG_RAX] == sgx::kEresume &&
         std::memcmp(reinterpret_cast<void*>(rip), kEnclu, sizeof kEnclu) == 0;
}

std::string explain(bool has_sgx, Errno code) {
  if (code == Errno(EACCES) || code == Errno(EPERM))
    return std::string("no permission for ") + kDevicePath +
           " (is the user in group sgx; was the device passed to the container?)";
  if (!has_sgx) return "this processor has no SGX, or the firmware has switched it off";
  if (code == Errno(ENOENT))
    return std::string("no ") + kDevicePath +
           ": it takes Linux 5.11 with CONFIG_X86_SGX and, in a container, --device " + kDevicePath;
  return std::string(kDevicePath) + ": " + strerror(code.code());
}

}  // namespace

Result<std::unique_ptr<EnclaveDevice>> open_hardware_device(std::unique_ptr<KernelInterface> kernel,
                                                            std::string& missing) {
  auto fd = kernel->open_device(kDevicePath);
  if (!fd.ok()) {
    missing = explain(kernel->processor_has_sgx(), fd.error());
    return fd.error() == Errno(EACCES) || fd.error() == Errno(EPERM) ? Errno(EACCES) : Errno(ENODEV);
  }
  auto enter = kernel->find_enter();
  if (!enter.ok()) {
    missing = "the kernel's vDSO has no __vdso_sgx_enter_enclave (Linux 5.11 with CONFIG_X86_SGX)";
    kernel->close_device(fd.value());
    return enter.error();
  }
  std::unique_ptr<EnclaveDevice> device =
      std::make_unique<HardwareDevice>(std::move(kernel), fd.value(), enter.value());
  return device;
}

}  // namespace scone::host::hw
