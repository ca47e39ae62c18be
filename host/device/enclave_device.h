// The machine an enclave runs on, shaped like the Linux SGX user API (arch/x86/include/uapi/asm/sgx.h)
// and the vDSO's __vdso_sgx_enter_enclave. Nothing above it knows whether it is silicon or a model.
//
// Errors are positive errno values with the meaning the kernel's driver gives them; last_error() says in
// one line what the number cannot.
#pragma once

#include <signal.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "sgx/arch.h"

namespace scone::host {

// struct sgx_enclave_run of the Linux UAPI: 256 bytes, filled by enter().
struct EnclaveRun {
  uint64_t tcs;
  uint32_t function;          // out: the ENCLU leaf that ended the stay: EEXIT, or the one that faulted
  uint16_t exception_vector;  // valid unless function == EEXIT
  uint16_t exception_error_code;
  uint64_t exception_addr;  // page of a #PF
  uint64_t user_handler;    // always 0 here
  uint64_t user_data;
  uint8_t reserved[216];
};
static_assert(sizeof(EnclaveRun) == 256);

// As SA_SIGINFO handlers. The ucontext is to be handed to interrupted_enclave() first.
using AsyncHandler = void (*)(int signo, siginfo_t* info, void* ucontext);

// Thread safe after initialize(), except that one TCS is entered by one thread at a time.
class EnclaveDevice {
 public:
  virtual ~EnclaveDevice() = default;

  virtual std::string_view name() const = 0;  // "hardware", "software (strict)", ...
  // What a user must know before trusting this device; empty if there is nothing to say.
  virtual std::string_view caveat() const { return {}; }
  // One line on why the latest call failed, for the user; empty if errno says it all.
  virtual std::string last_error() const { return {}; }
  // What an exit and the entry after it cost, about. The default is what is published for silicon.
  virtual uint64_t transition_cycles() const { return 10'000; }

  // ECREATE: reserves ELRANGE [secs.base, secs.base + secs.size) and maps it.
  virtual Result<void> create(const sgx::Secs& secs) = 0;
  // EADD of `source` (whole pages) at `offset` from the base, and EEXTEND of all of it if `measure`.
  virtual Result<void> add_pages(uint64_t offset, std::span<const uint8_t> source, const sgx::SecInfo& info,
                                 bool measure) = 0;
  // Where the image's ENCLU sites are (offsets from the base; enclave/entry/enclu.inc describes a site). A model may call
  // itself from there instead of trapping. To be called before initialize(); may be left out.
  virtual void use_enclu_sites(std::span<const uint64_t>) {}
  // EINIT. Checks the SIGSTRUCT against the measurement; EPERM or EINVAL if they differ.
  virtual Result<void> initialize(const sgx::SigStruct& signature) = 0;

  // SGX2 (EDMM). Ranges are whole pages, offsets from the base.
  virtual Result<void> restrict_permissions(uint64_t offset, uint64_t length, uint64_t permissions) = 0;
  virtual Result<void> modify_types(uint64_t offset, uint64_t length, uint64_t page_type) = 0;
  virtual Result<void> remove_pages(uint64_t offset, uint64_t length) = 0;

  // Prepares the calling thread to enter enclaves (alternate signal stack, dispatch of
  // forbidden instructions). Once per thread, before its first enter().
  virtual Result<void> attach_thread() = 0;

  // Enters at run.tcs with `function` EENTER or ERESUME; rdi, rsi, rdx, r8, r9 reach the enclave
  // as they are. Returns 0 when the enclave left by EEXIT or an exception ended its stay (run says which),
  // or a negative errno. Asynchronous signals during the stay are invisible here: the runner's handler ran and the
  // enclave was resumed.
  virtual int enter(uint64_t rdi, uint64_t rsi, uint64_t rdx, uint32_t function, uint64_t r8, uint64_t r9,
                    EnclaveRun& run) = 0;

  // Makes `handler` the process's handler of an asynchronous signal that may interrupt enclaves: the only proper way to
  // install one, since a plain handler would run with the enclave's FS base. While it runs, signo is blocked. `flags` are
  // further sigaction flags (SA_RESTART).
  virtual Result<void> install_async_handler(int signo, AsyncHandler handler, int flags) = 0;
  // From an asynchronous signal's handler: called first, with the handler's ucontext. True if the signal
  // interrupted the enclave; then an AEX has been completed and the calling thread may nest enter(EENTER) on the same TCS.
  // When the handler returns the enclave resumes. False if it hit host code, the device's own transitions included.
  virtual bool interrupted_enclave(void* ucontext) = 0;
};

}  // namespace scone::host
