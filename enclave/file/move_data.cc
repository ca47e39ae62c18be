#include "enclave/file/move_data.h"

#include <asm/unistd.h>
#include <linux/eventpoll.h>

#include "enclave/boundary/host_call.h"
#include "enclave/file/host_file.h"
#include "enclave/file/mode.h"
#include "enclave/file/path_habits.h"
#include "enclave/file/round_cache.h"
#include "enclave/file/text.h"
#include "enclave/file/transfer.h"
#include "enclave/net/readiness.h"
#include "enclave/net/socket.h"
#include "enclave/process/signal.h"

namespace scone::file {
namespace {

// Up to here a copy costs less than a call of its own.
constexpr uint64_t kSmallFile = 16 << 10;

bool host_can_send(File& from, File& to) {
  return from.host_fd() && !from.ready_source() && to.host_fd() && to.ready_source();
}

// One call of the host; its EAGAIN is waited out unless the program wants to see it.
Result<uint64_t> send_piece(File& from, File& to, HostBuffer& position, size_t count) {
  net::ReadySource& source = *to.ready_source();
  while (true) {
    const uint32_t epoch = source.epoch();
    Result<uint64_t> sent =
        host_call(__NR_sendfile, static_cast<uint64_t>(to.host_fd()->number()),
                  static_cast<uint64_t>(from.host_fd()->number()), position.address(), count);
    if (sent.ok()) {
      source.forget(EPOLLOUT);
      return boundary::check_count(sent.value(), count);
    }
    if (sent.error() == Errno(EPIPE)) process::raise_for_current(process::kSigPipe);
    if (sent.error() != Errno(EAGAIN)) return sent;
    source.would_block(EPOLLOUT, epoch);
    if (to.nonblocking()) return sent;
    TRY(source.arm(*to.host_fd()));
    TRY(source.wait(EPOLLOUT));
  }
}

Result<size_t> send_by_host(File& from, uint64_t offset, File& to, size_t count) {
  HostBuffer position = TRY(HostBuffer::allocate(sizeof offset));
  size_t done = 0;
  while (done < count) {
    position.put(0, offset + done);
    Result<uint64_t> sent = send_piece(from, to, position, count - done);
    if (!sent.ok()) return partial(done, sent.error());
    done += sent.value();
    if (sent.value() == 0 || to.nonblocking()) break;
  }
  return done;
}

// `to_offset` empty: at the position of `to`.
Result<size_t> send_by_copy(File& from, uint64_t offset, File& to, std::optional<uint64_t> to_offset, size_t count) {
  Text storage;
  char* piece = storage.extend(min_of(count, kSmallPieceSize));
  TRY(storage.status());
  size_t done = 0;
  while (done < count) {
    IoVector in = IoVector::of_runtime(piece, min_of(count - done, storage.view().size()));
    Result<size_t> got = from.read(in, offset + done);
    if (!got.ok()) return partial(done, got.error());
    if (got.value() == 0) break;
    IoVector out = IoVector::of_runtime(piece, got.value());
    Result<size_t> put = to.write(out, to_offset ? std::optional(*to_offset + done) : std::nullopt);
    if (!put.ok()) return partial(done, put.error());
    done += put.value();
    if (put.value() < got.value()) break;
  }
  return done;
}

// By a socket that sends behind. ENOTSUP: it is none, or this is not a plain file of the host.
Result<size_t> send_behind(File& from, uint64_t offset, File& to, size_t count) {
  net::Socket* socket = to.as_socket();
  HostFile* file = from.as_host_file();
  if (!socket || !socket->sends_behind() || !file || from.wait_queue()) return Errno(ENOTSUP);
  struct ::stat stat;
  TRY(from.stat(stat));
  if ((stat.st_mode & kModeType) != kModeRegular) return Errno(ENOTSUP);
  const auto size = static_cast<uint64_t>(stat.st_size);
  if (offset >= size || count == 0) return size_t{0};
  count = min_of(count, size - offset);
  Ref<Snapshot> snapshot = round_cache::find(*file->descriptor());
  const bool small = size <= kSmallFile;
  if (snapshot && !snapshot->has_content && small) path_habits::note_read(snapshot->path_hash, size);
  if (!snapshot || !snapshot->has_content || !small) return socket->send_file(file->descriptor(), offset, count);
  IoVector content = IoVector::of_runtime(static_cast<char*>(snapshot->content()) + offset, count);
  return to.write(content, std::nullopt);
}

}  // namespace

Result<size_t> send_file(File& from, uint64_t offset, File& to, size_t count) {
  count = min_of(count, IoVector::kMaxTransfer);
  Result<size_t> sent = send_behind(from, offset, to, count);
  if (sent.ok() || sent.error() != Errno(ENOTSUP)) return sent;
  return host_can_send(from, to) ? send_by_host(from, offset, to, count)
                                 : send_by_copy(from, offset, to, std::nullopt, count);
}

Result<size_t> copy_range(File& from, uint64_t from_offset, File& to, uint64_t to_offset, size_t count) {
  return send_by_copy(from, from_offset, to, to_offset, count);
}

}  // namespace scone::file
