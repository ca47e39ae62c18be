#include "enclave/file/stream_file.h"

#include <asm/unistd.h>
#include <linux/eventpoll.h>

#include "enclave/boundary/host_call.h"
#include "enclave/file/transfer.h"
#include "enclave/process/signal.h"

namespace scone::file {
namespace {

constexpr uint64_t kMsgDontWait = 0x40;    // MSG_DONTWAIT and
constexpr uint64_t kMsgNoSignal = 0x4000;  // MSG_NOSIGNAL of send(2)
// POSIX: poll promises room for this much in a pipe.
constexpr size_t kPipeBuf = 4096;

}  // namespace

StreamFile::StreamFile(Ref<HostDescriptor> descriptor, int flags, StreamAccess access,
                       bool exhausted_when_short)
    : HostFile(std::move(descriptor), flags), access_(access), exhausted_when_short_(exhausted_when_short) {
  source_.bind(this->descriptor()->fd());
}

Result<size_t> StreamFile::read(IoVector& to, std::optional<uint64_t> offset) {
  if (offset) return Errno(ESPIPE);
  if (to.remaining() == 0) return size_t{0};
  while (true) {
    Result<size_t> count = try_read(to);
    if (count.ok() || count.error() != Errno(EAGAIN) || nonblocking()) return count;
    TRY(wait(EPOLLIN));
  }
}

Result<size_t> StreamFile::try_read(IoVector& to) {
  HostBuffer buffer = TRY(allocate_piece(to.remaining(), kSmallPieceSize));
  const size_t length = min_of(to.remaining(), buffer.size());
  const uint32_t epoch = source_.epoch();
  Result<uint64_t> answer = host_read(buffer.address(), length);
  if (!answer.ok()) {
    if (answer.error() == Errno(EAGAIN)) source_.would_block(EPOLLIN, epoch);
    return answer.error();
  }
  const size_t count = boundary::check_count(answer.value(), length);
  if (count < length && exhausted_when_short_)
    source_.drained(EPOLLIN, epoch);
  else
    source_.forget(EPOLLIN);
  return to.scatter(buffer, 0, count);
}

Result<uint64_t> StreamFile::host_read(uint64_t address, size_t length) {
  switch (access_) {
    case StreamAccess::kNonBlocking:
      return host_call(__NR_read, number(), address, length);
    case StreamAccess::kMessages:
      return host_call(__NR_recvfrom, number(), address, length, kMsgDontWait);
    case StreamAccess::kHelper:
      if (helper_would_block(EPOLLIN)) return Errno(EAGAIN);
      return host_call_blocking(__NR_read, number(), address, length);
  }
  __builtin_unreachable();
}

Result<size_t> StreamFile::write(IoVector& from, std::optional<uint64_t> offset) {
  if (offset) return Errno(ESPIPE);
  auto write_some = [this](uint64_t address, size_t length, size_t) { return write_piece(address, length); };
  return push(from, write_some, kSmallPieceSize);
}

// Waits for room if the program's description blocks.
Result<uint64_t> StreamFile::write_piece(uint64_t address, size_t length) {
  while (true) {
    const uint32_t epoch = source_.epoch();
    Result<uint64_t> count = host_write(address, length);
    if (count.ok()) {
      source_.forget(EPOLLOUT);
      return count;
    }
    if (count.error() == Errno(EPIPE)) process::raise_for_current(process::kSigPipe);
    if (count.error() != Errno(EAGAIN)) return count;
    source_.would_block(EPOLLOUT, epoch);
    if (nonblocking()) return count;
    TRY(wait(EPOLLOUT));
  }
}

Result<uint64_t> StreamFile::host_write(uint64_t address, size_t length) {
  switch (access_) {
    case StreamAccess::kNonBlocking:
      return host_call(__NR_write, number(), address, length);
    case StreamAccess::kMessages:
      return host_call(__NR_sendto, number(), address, length, kMsgDontWait | kMsgNoSignal);
    case StreamAccess::kHelper:
      if (helper_would_block(EPOLLOUT)) return Errno(EAGAIN);
      return host_call_blocking(__NR_write, number(), address,
                                nonblocking() ? min_of(length, kPipeBuf) : length);
  }
  __builtin_unreachable();
}

bool StreamFile::helper_would_block(uint32_t events) {
  return nonblocking() && !(source_.events(events) & (events | EPOLLERR | EPOLLHUP));
}

Result<void> StreamFile::wait(uint32_t events) {
  Result<void> armed = source_.arm(descriptor()->fd());
  if (!armed.ok()) return armed.error() == Errno(EPERM) ? Errno(EAGAIN) : armed.error();
  return source_.wait(events);
}

Result<void> StreamFile::set_flags(int flags) { return set_host_flags(flags, O_APPEND | O_DIRECT); }

}  // namespace scone::file
