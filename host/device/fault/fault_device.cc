#include "host/device/fault/fault_device.h"

#include <signal.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>

namespace scone::host::fault {
namespace {

std::atomic<EnclaveDevice*> storming_device;

// An AEX and an ERESUME, nothing more.
void on_storm(int, siginfo_t*, void* context) {
  if (EnclaveDevice* device = storming_device.load()) device->interrupted_enclave(context);
}

// Interrupts the thread that made it, until the thread ends.
class Storm {
 public:
  Result<void> begin(int signo, uint64_t interval_ns) {
    sigevent event{};
    event.sigev_notify = SIGEV_THREAD_ID;
    event.sigev_signo = signo;
    event._sigev_un._tid = static_cast<pid_t>(syscall(SYS_gettid));
    if (timer_create(CLOCK_MONOTONIC, &event, &timer_) != 0) return Errno(errno);
    running_ = true;
    constexpr uint64_t kSecond = 1'000'000'000;
    const timespec interval{static_cast<time_t>(interval_ns / kSecond),
                            static_cast<long>(interval_ns % kSecond)};
    const itimerspec setting{interval, interval};
    if (timer_settime(timer_, 0, &setting, nullptr) != 0) return Errno(errno);
    return ok();
  }
  ~Storm() {
    if (running_) timer_delete(timer_);
  }

 private:
  timer_t timer_{};
  bool running_ = false;
};
thread_local std::unique_ptr<Storm> storm_of_thread;

class FaultDevice final : public EnclaveDevice {
 public:
  FaultDevice(std::unique_ptr<EnclaveDevice> inner, FaultPlan& plan, FaultOptions options)
      : inner_(std::move(inner)), plan_(plan), options_(options) {
    if (options_.storm_interval_ns) storming_device = inner_.get();
  }
  ~FaultDevice() override {
    storm_of_thread.reset();
    storming_device = nullptr;
  }

  std::string_view name() const override { return inner_->name(); }
  uint64_t transition_cycles() const override { return inner_->transition_cycles(); }
  std::string_view caveat() const override { return "faults are injected"; }
  std::string last_error() const override { return inner_->last_error(); }
  Result<void> create(const sgx::Secs& secs) override {
    return guarded(Step::kCreate, [&] { return inner_->create(secs); });
  }
  Result<void> add_pages(uint64_t offset, std::span<const uint8_t> source, const sgx::SecInfo& info,
                         bool measure) override {
    return guarded(Step::kAddPages, [&] { return inner_->add_pages(offset, source, info, measure); });
  }
  void use_enclu_sites(std::span<const uint64_t> sites) override { inner_->use_enclu_sites(sites); }
  Result<void> initialize(const sgx::SigStruct& signature) override {
    return guarded(Step::kInitialize, [&] { return inner_->initialize(signature); });
  }
  Result<void> restrict_permissions(uint64_t offset, uint64_t length, uint64_t permissions) override {
    return guarded(Step::kRestrict,
                   [&] { return inner_->restrict_permissions(offset, length, permissions); });
  }
  Result<void> modify_types(uint64_t offset, uint64_t length, uint64_t page_type) override {
    return guarded(Step::kModify, [&] { return inner_->modify_types(offset, length, page_type); });
  }
  Result<void> remove_pages(uint64_t offset, uint64_t length) override {
    return guarded(Step::kRemove, [&] { return inner_->remove_pages(offset, length); });
  }
  Result<void> attach_thread() override {
    return guarded(Step::kAttach, [&]() -> Result<void> {
      TRY(inner_->attach_thread());
      return options_.storm_interval_ns ? begin_storm() : ok();
    });
  }
  int enter(uint64_t rdi, uint64_t rsi, uint64_t rdx, uint32_t function, uint64_t r8, uint64_t r9,
            EnclaveRun& run) override;
  Result<void> install_async_handler(int signo, AsyncHandler handler, int flags) override {
    return inner_->install_async_handler(signo, handler, flags);
  }
  bool interrupted_enclave(void* context) override { return inner_->interrupted_enclave(context); }

 private:
  template <typename Call>
  Result<void> guarded(Step step, Call call) {
    if (int error = plan_.verdict(step)) return Errno(error);
    if (plan_.memory_lost()) return Errno(EFAULT);
    return call();
  }
  Result<void> begin_storm() {
    TRY(inner_->install_async_handler(options_.storm_signal, on_storm, SA_RESTART));
    storm_of_thread = std::make_unique<Storm>();
    return storm_of_thread->begin(options_.storm_signal, options_.storm_interval_ns);
  }

  std::unique_ptr<EnclaveDevice> inner_;
  FaultPlan& plan_;
  const FaultOptions options_;
};

int FaultDevice::enter(uint64_t rdi, uint64_t rsi, uint64_t rdx, uint32_t function, uint64_t r8, uint64_t r9,
                       EnclaveRun& run) {
  if (int error = plan_.verdict(Step::kEnter)) return -error;
  if (!plan_.memory_lost()) return inner_->enter(rdi, rsi, rdx, function, r8, r9, run);
  run.function = function;
  run.exception_vector = sgx::kVectorPf;
  run.exception_error_code = static_cast<uint16_t>(sgx::kPfSgx | sgx::kPfPresent);
  run.exception_addr = run.tcs;
  return 0;
}

}  // namespace

void FaultPlan::refuse(Step step, int error, uint64_t after, uint64_t times) {
  Rule& rule = rules_[static_cast<size_t>(step)];
  rule.calls = 0;
  rule.times = times;
  rule.error = error;
  rule.after = after;
}

int FaultPlan::verdict(Step step) {
  Rule& rule = rules_[static_cast<size_t>(step)];
  uint64_t call = rule.calls.fetch_add(1), after = rule.after;
  return call >= after && call - after < rule.times ? rule.error.load() : 0;
}

std::unique_ptr<EnclaveDevice> make_fault_device(std::unique_ptr<EnclaveDevice> inner, FaultPlan& plan,
                                                 FaultOptions options) {
  return std::make_unique<FaultDevice>(std::move(inner), plan, options);
}

}  // namespace scone::host::fault
