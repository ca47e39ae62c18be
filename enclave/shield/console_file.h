// The descriptors that a program finds at 0, 1 and 2 when its console is shielded. They look like pipes.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>

#include "base/ref.h"
#include "base/result.h"
#include "enclave/file/file.h"
#include "enclave/shield/console_output.h"

namespace scone::shield {

class ConsoleOutputFile final : public file::File {
 public:
  // `output` lives as long as the process and is attached. ENOMEM.
  static Result<Ref<file::File>> create(ConsoleOutput& output, int flags);

  Result<size_t> write(file::IoVector& from, std::optional<uint64_t> offset) override;
  Result<void> stat(struct ::stat& result) override;
  Result<Ref<file::File>> reopen(int flags) override;
  Result<void> set_flags(int flags) override;
  uint32_t poll() override { return output_.host().poll(); }
  sched::WaitQueue* wait_queue() override { return output_.host().wait_queue(); }
  void expect(uint32_t events) override { output_.host().expect(events); }
  net::ReadySource* ready_source() override { return output_.host().ready_source(); }
  const char* name() const override { return "pipe:[console]"; }

 private:
  ConsoleOutputFile(ConsoleOutput& output, int flags) : File(flags), output_(output) {}
  ConsoleOutput& output_;
};

// What a thread of the runtime has decrypted (see console.cc) arrives through a pipe. If the stream turned out to be tampered with,
// that is EIO and not the end of the file.
class ConsoleInputFile final : public file::File {
 public:
  // `pipe` is the reading end; `failed` lives as long as the process. ENOMEM.
  static Result<Ref<file::File>> create(Ref<file::File> pipe, const std::atomic<bool>& failed, int flags);

  Result<size_t> read(file::IoVector& to, std::optional<uint64_t> offset) override;
  Result<uint64_t> ioctl(uint32_t request, uint64_t argument) override {
    return pipe_->ioctl(request, argument);
  }
  Result<void> stat(struct ::stat& result) override { return pipe_->stat(result); }
  Result<Ref<file::File>> reopen(int flags) override;
  Result<void> set_flags(int flags) override;
  uint32_t poll() override { return pipe_->poll(); }
  sched::WaitQueue* wait_queue() override { return pipe_->wait_queue(); }
  const char* name() const override { return "pipe:[console]"; }

 private:
  ConsoleInputFile(Ref<file::File> pipe, const std::atomic<bool>& failed, int flags)
      : File(flags), pipe_(std::move(pipe)), failed_(failed) {}
  const Ref<file::File> pipe_;
  const std::atomic<bool>& failed_;
};

}  // namespace scone::shield
