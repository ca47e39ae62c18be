// Pipes (pipe(7)) inside the enclave: their data never leaves it.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>

#include "base/ref.h"
#include "base/result.h"
#include "enclave/file/byte_ring.h"
#include "enclave/file/file.h"
#include "enclave/file/text.h"
#include "enclave/sched/mutex.h"
#include "enclave/sched/wait_queue.h"

namespace scone::file {

// What both ends share.
class Pipe final : public RefCounted {
 public:
  // Writes up to this size are not mixed with others (PIPE_BUF).
  static constexpr size_t kAtomic = 4096;
  static constexpr size_t kDefaultCapacity = 64 << 10;
  static constexpr size_t kMaxCapacity = 1 << 20;

  Pipe();
  ~Pipe() = default;

  // As read(2) and write(2) of an end whose O_NONBLOCK is as given. SIGPIPE is raised here.
  Result<size_t> read(IoVector& to, bool nonblocking);
  Result<size_t> write(IoVector& from, bool nonblocking);

  size_t capacity() const { return capacity_.load(std::memory_order_relaxed); }
  Result<void> set_capacity(size_t size);  // EBUSY, ENOMEM
  size_t used() const { return used_.load(std::memory_order_acquire); }
  uint64_t number() const { return number_; }
  const char* name() const { return name_.c_str(); }

 private:
  friend class PipeReader;
  friend class PipeWriter;
  bool has_room(size_t wanted) const { return used() + wanted <= capacity(); }
  Result<size_t> take(IoVector& to);
  Result<size_t> put(IoVector& from, size_t least);

  sched::Mutex mutex_;           // held while bytes are copied
  ByteRing ring_;                // guarded by mutex_
  std::atomic<size_t> used_{0};  // what ring_ holds, for who does not hold mutex_
  std::atomic<size_t> capacity_{kDefaultCapacity};
  std::atomic<uint32_t> readers_{0};
  std::atomic<uint32_t> writers_{0};
  sched::WaitQueue readable_;
  sched::WaitQueue writable_;
  const uint64_t number_;
  FixedText<32> name_;
};

// One end; File::reopen makes further ones.
class PipeEnd : public File {
 public:
  Result<void> stat(struct ::stat& result) override;
  Result<uint64_t> ioctl(uint32_t request, uint64_t argument) override;
  Result<uint64_t> seek(int64_t, int) override { return Errno(ESPIPE); }
  Result<Ref<File>> reopen(int flags) override;
  Result<uint64_t> pipe_size() override { return pipe_->capacity(); }
  Result<uint64_t> set_pipe_size(uint64_t size) override;
  const char* name() const override { return pipe_->name(); }

 protected:
  PipeEnd(Ref<Pipe> pipe, int flags) : File(flags), pipe_(std::move(pipe)) {}
  const Ref<Pipe> pipe_;
};

class PipeReader final : public PipeEnd {
 public:
  static Result<Ref<File>> create(Ref<Pipe> pipe, int flags);
  ~PipeReader() override;
  Result<size_t> read(IoVector& to, std::optional<uint64_t> offset) override;
  Result<size_t> write(IoVector&, std::optional<uint64_t>) override { return Errno(EBADF); }
  uint32_t poll() override;
  sched::WaitQueue* wait_queue() override { return &pipe_->readable_; }

 private:
  PipeReader(Ref<Pipe> pipe, int flags);
};

class PipeWriter final : public PipeEnd {
 public:
  static Result<Ref<File>> create(Ref<Pipe> pipe, int flags);
  ~PipeWriter() override;
  Result<size_t> read(IoVector&, std::optional<uint64_t>) override { return Errno(EBADF); }
  Result<size_t> write(IoVector& from, std::optional<uint64_t> offset) override;
  uint32_t poll() override;
  sched::WaitQueue* wait_queue() override { return &pipe_->writable_; }

 private:
  PipeWriter(Ref<Pipe> pipe, int flags);
};

// pipe2(2) with flags O_NONBLOCK. ENOMEM.
Result<void> create_pipe(int flags, Ref<File>& reader, Ref<File>& writer);

}  // namespace scone::file
