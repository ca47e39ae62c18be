// A descriptor from which signals are read: signalfd(2).
#pragma once

#include <atomic>

#include "enclave/file/file.h"
#include "enclave/process/signal_set.h"

namespace scone::process {

// Reads take signals of the reading thread or of the process that are in the mask; the program has blocked them.
class SignalFile final : public file::File {
 public:
  // ENOMEM. nonblocking: O_NONBLOCK or 0.
  static Result<Ref<file::File>> create(SignalSet mask, int nonblocking);

  void set_mask(SignalSet mask);

  // One struct signalfd_siginfo per signal, as many as fit; EINVAL if not even one does.
  Result<size_t> read(file::IoVector& to, std::optional<uint64_t> offset) override;
  uint32_t poll() override;
  sched::WaitQueue* wait_queue() override;
  const char* name() const override { return "anon_inode:[signalfd]"; }
  SignalFile* as_signal_file() override { return this; }

 private:
  SignalFile(SignalSet mask, int flags);
  std::atomic<SignalSet> mask_;
};

}  // namespace scone::process
