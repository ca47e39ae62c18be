#include "enclave/file/move_data.h"

#include <asm/unistd.h>
#include <linux/eventpoll.h>

#include "enclave/boundary/host_call.h"
#include "enclave/file/text.h"
#include "enclave/file/transfer.h"
#include "enclave/net/readiness.h"
#include "enclave/process/signal.h"

namespace scone::file {
namespace {

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

}  // namespace

Result<size_t> send_file(File& from, uint64_t offset, File& to, size_t count) {
  count = min_of(count, IoVector::kMaxTransfer);
  return host_can_send(from, to) ? send_by_host(from, offset, to, count)
                                 : send_by_copy(from, offset, to, std::nullopt, count);
}

Result<size_t> copy_range(File& from, uint64_t from_offset, File& to, uint64_t to_offset, size_t count) {
  return send_by_copy(from, from_offset, to, to_offset, count);
}

}  // namespace scone::file
