// Moving data between a program's buffers and host calls, piece by piece.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/min_max.h"
#include "base/result.h"
#include "enclave/boundary/host_buffer.h"
#include "enclave/boundary/host_call.h"
#include "enclave/file/io_vector.h"

namespace scone::file {

// A piece is large enough that the call's fixed cost does not matter, and small enough to stay in the cache.
inline constexpr size_t kPieceSize = 256 << 10;
static_assert(kPieceSize <= HostBuffer::kMaxSize);

// For files that may keep a writer waiting while it holds its piece.
inline constexpr size_t kSmallPieceSize = 64 << 10;

// A buffer for a transfer of `length` bytes, at most `limit`; smaller when the arena is short of memory. ENOMEM.
Result<HostBuffer> allocate_piece(size_t length, size_t limit = kPieceSize);

// After an error, what was moved before it counts: read(2) and write(2) report the error only if that is nothing.
inline Result<size_t> partial(size_t done, Errno error) {
  if (done > 0) return done;
  return error;
}

// Fills `to` with call(host address, length, bytes done so far) → Result<uint64_t>, as long as the answers are not short.
template <typename Call>
Result<size_t> pull(IoVector& to, Call call) {
  if (to.remaining() == 0) return size_t{0};
  HostBuffer buffer = TRY(allocate_piece(to.remaining()));
  size_t done = 0;
  while (to.remaining() > 0) {
    const size_t length = min_of(to.remaining(), buffer.size());
    Result<uint64_t> answer = call(buffer.address(), length, done);
    if (!answer.ok()) return partial(done, answer.error());
    const size_t count = boundary::check_count(answer.value(), length);
    Result<size_t> moved = to.scatter(buffer, 0, count);
    if (!moved.ok()) return partial(done, moved.error());
    done += moved.value();
    if (moved.value() < length) break;
  }
  return done;
}

// Empties `from` in the same way.
template <typename Call>
Result<size_t> push(IoVector& from, Call call, size_t limit = kPieceSize) {
  if (from.remaining() == 0) return size_t{0};
  HostBuffer buffer = TRY(allocate_piece(from.remaining(), limit));
  size_t done = 0;
  while (from.remaining() > 0) {
    const size_t length = min_of(from.remaining(), buffer.size());
    Result<size_t> copied = from.gather(buffer, 0, length);
    if (!copied.ok()) return partial(done, copied.error());
    size_t sent = 0;
    while (sent < copied.value()) {
      Result<uint64_t> answer = call(buffer.address() + sent, copied.value() - sent, done + sent);
      if (!answer.ok()) return partial(done + sent, answer.error());
      const size_t count = boundary::check_count(answer.value(), copied.value() - sent);
      if (count == 0) return done + sent;
      sent += count;
    }
    done += sent;
    if (sent < length) break;
  }
  return done;
}

}  // namespace scone::file
