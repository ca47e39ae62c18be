#include "host/device/soft/soft_device.h"

#include <sys/auxv.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "host/device/soft/edmm.h"
#include "host/device/soft/exceptions.h"
#include "host/device/soft/forbidden.h"
#include "host/device/soft/gate.h"
#include "host/device/soft/launch.h"
#include "host/device/soft/spin_cost.h"
#include "host/device/soft/ssa.h"
#include "host/device/soft/thread_state.h"
#include "host/device/soft/transitions.h"

namespace scone::host::soft {
namespace {

// AT_HWCAP2 bit: the kernel lets user code change FS and GS base (Linux 5.9).
constexpr unsigned long kHwcap2FsGsBase = 1 << 1;

class SoftDevice final : public EnclaveDevice {
 public:
  explicit SoftDevice(const SoftOptions& options) : enclave_(options.fidelity, options.cost) {}
  ~SoftDevice() override {
    detach_all(enclave_);
    forget_gate_threads();
  }

  std::string_view name() const override {
    return enclave_.fidelity == Fidelity::kStrict ? "software (strict)" : "software (fast)";
  }
  uint64_t transition_cycles() const override { return enclave_.cost; }
  std::string_view caveat() const override {
    return "software SGX: the enclave is NOT protected from this machine; for development and tests only";
  }
  std::string last_error() const override { return enclave_.error; }

  Result<void> create(const sgx::Secs& secs) override;
  Result<void> add_pages(uint64_t offset, std::span<const uint8_t> source, const sgx::SecInfo& info,
                         bool measure) override {
    return eadd(enclave_, offset, source, info, measure);
  }
  void use_enclu_sites(std::span<const uint64_t> sites) override {
    enclave_.enclu_sites.assign(sites.begin(), sites.end());
  }
  Result<void> initialize(const sgx::SigStruct& signature) override { return einit(enclave_, signature); }
  Result<void> restrict_permissions(uint64_t offset, uint64_t length, uint64_t permissions) override {
    return soft::restrict_permissions(enclave_, offset, length, permissions);
  }
  Result<void> modify_types(uint64_t offset, uint64_t length, uint64_t page_type) override {
    return soft::modify_types(enclave_, offset, length, page_type);
  }
  Result<void> remove_pages(uint64_t offset, uint64_t length) override {
    return soft::remove_pages(enclave_, offset, length);
  }

  Result<void> attach_thread() override;
  int enter(uint64_t rdi, uint64_t rsi, uint64_t rdx, uint32_t function, uint64_t r8, uint64_t r9,
            EnclaveRun& run) override;
  Result<void> install_async_handler(int signo, AsyncHandler handler, int flags) override {
    return soft::install_async_handler(signo, handler, flags);
  }
  bool interrupted_enclave(void* context) override {
    // Only an AEX leaves this address behind.
    auto rip = static_cast<ucontext_t*>(context)->uc_mcontext.gregs[REG_RIP];
    return rip == reinterpret_cast<greg_t>(soft_aep);
  }

 private:
  SoftEnclave enclave_;
};

Result<void> SoftDevice::create(const sgx::Secs& secs) {
  if (!(getauxval(AT_HWCAP2) & kHwcap2FsGsBase)) {
    enclave_.error = "software SGX needs FSGSBASE (a processor since 2012 and Linux 5.9)";
    return Errno(ENOTSUP);
  }
  TRY(install_fault_handlers());
  return ecreate(enclave_, secs);
}

Result<void> SoftDevice::attach_thread() {
  if (!enclave_.created) return Errno(EINVAL);
  TRY(attach_slot(enclave_));
  if (auto dispatched = dispatch_system_calls(enclave_); !dispatched.ok()) {
    enclave_.error = "software SGX needs syscall user dispatch (Linux 5.11)";
    return dispatched;
  }
  if (enclave_.fidelity == Fidelity::kStrict) forbid_cpuid();
  return ok();
}

// EENTER, up to the jump.
std::optional<Fault> prepare_entry(ThreadState& thread, SoftTcs& tcs, EntryArgs& args) {
  SoftTcs* outer = thread.tcs;
  if (!take_tcs(thread, tcs)) return Fault{sgx::kVectorGp};
  std::optional<Fault> fault;
  if (tcs.cssa >= tcs.nssa) fault = Fault{sgx::kVectorGp};
  if (!fault) fault = check_frame(*thread.enclave, tcs, tcs.cssa);
  if (fault) {
    release_tcs(thread);
    thread.tcs = outer;
    return fault;
  }
  args.address = tcs.entry;
  args.fs = tcs.fs_base;
  args.gs = tcs.gs_base;
  args.cssa = tcs.cssa;
  return std::nullopt;
}

int SoftDevice::enter(uint64_t rdi, uint64_t rsi, uint64_t rdx, uint32_t function, uint64_t r8, uint64_t r9,
                      EnclaveRun& run) {
  uint64_t begin = enclave_.cost ? cycles() : 0;
  ThreadState* thread = soft_current;
  bool valid = thread && thread->enclave == &enclave_ && enclave_.initialized &&
               (function == sgx::kEenter || function == sgx::kEresume);
  if (!valid) return -EINVAL;
  SoftTcs* tcs = thread->tcs && thread->tcs->address == run.tcs ? thread->tcs : enclave_.find_tcs(run.tcs);
  std::optional<Fault> fault;
  EntryArgs args{0, 0, 0, 0, run.tcs, 0, rdi, rsi, rdx, r8, r9};
  SoftTcs* outer_tcs = thread->tcs;
  EnclaveRun* outer_run = thread->run;
  if (!tcs || !tcs->valid.load(std::memory_order_relaxed))
    fault = Fault{sgx::kVectorPf, sgx::kPfSgx | sgx::kPfPresent, run.tcs};
  else
    fault = function == sgx::kEenter ? prepare_entry(*thread, *tcs, args) : prepare_resume(*thread, *tcs);
  if (fault) {
    report_exception(run, function, *fault);
    return 0;
  }
  // CSSA is that of the frame in use from here on.
  args.ssa_gpr = frame_address(enclave_, *tcs, tcs->cssa) + sgx::gpr_offset(enclave_.secs.ssa_frame_size);
  announce_to_gate(*thread, tcs->gs_base);
  thread->run = &run;
  if (enclave_.cost) spin_until(begin + enclave_.cost);
  uint32_t leaf = soft_enter(thread, &args);
  if (leaf == sgx::kEexit) run.function = sgx::kEexit;
  thread->run = outer_run;
  thread->tcs = outer_tcs;
  return 0;
}

}  // namespace

std::unique_ptr<EnclaveDevice> make_soft_device(const SoftOptions& options) {
  return std::make_unique<SoftDevice>(options);
}

}  // namespace scone::host::soft
