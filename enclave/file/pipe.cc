#include "enclave/file/pipe.h"

#include <asm/ioctls.h>
#include <asm/stat.h>
#include <linux/eventpoll.h>

#include <bit>
#include <new>

#include "enclave/file/mode.h"
#include "enclave/process/signal.h"

namespace scone::file {
namespace {

constexpr size_t kPage = 4096;
constinit std::atomic<uint64_t> g_pipes{0};

}  // namespace

Pipe::Pipe() : number_(++g_pipes) {
  name_.append("pipe:[");
  name_.append_number(number_);
  name_.append("]");
}

// mutex_ held. Moves what there is.
Result<size_t> Pipe::take(IoVector& to) {
  size_t done = 0;
  while (ring_.used() > 0 && to.remaining() > 0) {
    const auto bytes = ring_.contents();
    Result<size_t> moved = to.scatter(bytes.data(), bytes.size());
    if (!moved.ok() && done == 0) return moved;
    if (!moved.ok()) break;
    ring_.consume(moved.value());
    done += moved.value();
    if (moved.value() < bytes.size() && to.remaining() > 0)
      break;  // the rest of the buffers cannot be written
  }
  used_.store(ring_.used(), std::memory_order_release);
  return done;
}

Result<size_t> Pipe::read(IoVector& to, bool nonblocking) {
  if (to.remaining() == 0) return size_t{0};
  while (true) {
    {
      sched::MutexGuard guard(mutex_);
      if (ring_.used() > 0) {
        Result<size_t> count = take(to);
        writable_.notify(EPOLLOUT | EPOLLWRNORM);
        return count;
      }
    }
    // Looked at before used(): a last writer may write and go.
    const bool last_gone = writers_.load() == 0;
    if (used() > 0) continue;
    if (last_gone) return size_t{0};
    if (nonblocking) return Errno(EAGAIN);
    TRY(sched::wait_until(readable_, [this] { return used() > 0 || writers_.load() == 0; }));
  }
}

// mutex_ held. Moves what there is room for, if that is `least` bytes.
Result<size_t> Pipe::put(IoVector& from, size_t least) {
  if (ring_.capacity() == 0) TRY(ring_.resize(capacity()));
  if (ring_.free() < least) return size_t{0};
  size_t done = 0;
  while (ring_.free() > 0 && from.remaining() > 0) {
    const auto room = ring_.room();
    Result<size_t> moved = from.gather(room.data(), room.size());
    if (!moved.ok() && done == 0) return moved;
    if (!moved.ok()) break;
    ring_.produce(moved.value());
    done += moved.value();
    if (moved.value() < room.size()) break;
  }
  used_.store(ring_.used(), std::memory_order_release);
  return done;
}

Result<size_t> Pipe::write(IoVector& from, bool nonblocking) {
  if (from.remaining() == 0) return size_t{0};
  const size_t least = from.remaining() <= kAtomic ? from.remaining() : 1;
  size_t done = 0;
  auto partial = [&done](Errno error) { return done > 0 ? Result<size_t>(done) : Result<size_t>(error); };
  while (true) {
    Result<size_t> moved = size_t{0};
    bool unreadable;  // the program's buffer, from here on
    {
      sched::MutexGuard guard(mutex_);
      if (readers_.load() == 0) {
        process::raise_for_current(process::kSigPipe);
        return partial(Errno(EPIPE));
      }
      moved = put(from, least);
      unreadable = moved.ok() && moved.value() > 0 && from.remaining() > 0 && ring_.free() > 0;
    }
    if (!moved.ok()) return partial(moved.error());
    if (moved.value() > 0) readable_.notify(EPOLLIN | EPOLLRDNORM);
    done += moved.value();
    if (from.remaining() == 0 || unreadable) return done;
    if (nonblocking) return partial(Errno(EAGAIN));
    Result<void> waited =
        sched::wait_until(writable_, [&] { return has_room(least) || readers_.load() == 0; });
    if (!waited.ok()) return partial(waited.error());
  }
}

Result<void> Pipe::set_capacity(size_t size) {
  {
    sched::MutexGuard guard(mutex_);
    TRY(ring_.resize(size));
    capacity_.store(size);
  }
  writable_.notify(EPOLLOUT | EPOLLWRNORM);
  return ok();
}

Result<void> PipeEnd::stat(struct ::stat& result) {
  TRY(File::stat(result));
  result.st_ino = pipe_->number();
  result.st_mode = kModeFifo | 0600;
  return ok();
}

Result<uint64_t> PipeEnd::ioctl(uint32_t request, uint64_t argument) {
  if (request != FIONREAD) return Errno(ENOTTY);
  TRY(boundary::write_app(AppPtr<int>(argument), static_cast<int>(pipe_->used())));
  return uint64_t{0};
}

Result<Ref<File>> PipeEnd::reopen(int flags) {
  const int kept = flags & O_NONBLOCK;
  if ((flags & O_ACCMODE) == O_RDONLY) return PipeReader::create(pipe_, kept);
  if ((flags & O_ACCMODE) == O_WRONLY) return PipeWriter::create(pipe_, kept);
  return Errno(ENXIO);
}

// Sizes are powers of two of pages, as on Linux.
Result<uint64_t> PipeEnd::set_pipe_size(uint64_t size) {
  if (size > Pipe::kMaxCapacity) return Errno(size > INT32_MAX ? EINVAL : EPERM);
  size = std::bit_ceil(size < kPage ? kPage : size);
  TRY(pipe_->set_capacity(size));
  return size;
}

PipeReader::PipeReader(Ref<Pipe> pipe, int flags) : PipeEnd(std::move(pipe), O_RDONLY | flags) {
  ++pipe_->readers_;
}

PipeReader::~PipeReader() {
  if (--pipe_->readers_ == 0) pipe_->writable_.notify(EPOLLERR | EPOLLOUT | EPOLLWRNORM);
}

Result<Ref<File>> PipeReader::create(Ref<Pipe> pipe, int flags) {
  auto* end = new (std::nothrow) PipeReader(std::move(pipe), flags);
  if (!end) return Errno(ENOMEM);
  return Ref<File>::adopt(end);
}

Result<size_t> PipeReader::read(IoVector& to, std::optional<uint64_t> offset) {
  if (offset) return Errno(ESPIPE);
  return pipe_->read(to, nonblocking());
}

uint32_t PipeReader::poll() {
  return (pipe_->used() > 0 ? EPOLLIN | EPOLLRDNORM : 0) | (pipe_->writers_.load() == 0 ? EPOLLHUP : 0);
}

PipeWriter::PipeWriter(Ref<Pipe> pipe, int flags) : PipeEnd(std::move(pipe), O_WRONLY | flags) {
  ++pipe_->writers_;
}

PipeWriter::~PipeWriter() {
  if (--pipe_->writers_ == 0) pipe_->readable_.notify(EPOLLHUP | EPOLLIN | EPOLLRDNORM);
}

Result<Ref<File>> PipeWriter::create(Ref<Pipe> pipe, int flags) {
  auto* end = new (std::nothrow) PipeWriter(std::move(pipe), flags);
  if (!end) return Errno(ENOMEM);
  return Ref<File>::adopt(end);
}

Result<size_t> PipeWriter::write(IoVector& from, std::optional<uint64_t> offset) {
  if (offset) return Errno(ESPIPE);
  return pipe_->write(from, nonblocking());
}

uint32_t PipeWriter::poll() {
  return (pipe_->has_room(Pipe::kAtomic) ? EPOLLOUT | EPOLLWRNORM : 0) |
         (pipe_->readers_.load() == 0 ? EPOLLERR : 0);
}

Result<void> create_pipe(int flags, Ref<File>& reader, Ref<File>& writer) {
  auto* shared = new (std::nothrow) Pipe;
  if (!shared) return Errno(ENOMEM);
  auto pipe = Ref<Pipe>::adopt(shared);
  reader = TRY(PipeReader::create(pipe, flags));
  writer = TRY(PipeWriter::create(pipe, flags));
  return ok();
}

}  // namespace scone::file
