#include "enclave/file/read_ahead.h"

#include <asm/unistd.h>

#include <atomic>
#include <new>
#include <optional>
#include <utility>

#include "base/ref.h"
#include "enclave/boundary/host_call.h"
#include "enclave/boundary/round.h"
#include "enclave/file/transfer.h"
#include "enclave/sched/lock.h"

namespace scone::file::read_ahead {
namespace {

constexpr size_t kFiles = 4;
constexpr size_t kMostAhead = 128 << 10;
constexpr size_t kLargeRead = 64 << 10;  // worth a crossing of its own
constexpr uint32_t kMostInVain = 2;
constexpr uint32_t kPause = 64;  // sequential reads until the next try

// [begin, end) of a file, in host memory: each byte is copied once for each read, as from a read of its own.
struct Piece final : RefCounted {
  HostBuffer bytes;
  uint64_t begin = 0, end = 0;
  bool ends_file = false;
};

// How a file is being read, and what is here of it.
struct Reading {
  uint64_t descriptor = UINT64_MAX;
  uint64_t next = 0;  // where the last read ended
  size_t window = 0;  // how far the last one read ahead
  uint32_t pause = 0;
  uint32_t in_vain = 0;    // pieces of which nothing was used, in a row
  Piece* piece = nullptr;  // holds a reference, by hand: the table is never destroyed
  bool used = false;       // some of it

  Ref<Piece> exchange(Ref<Piece> other) { return Ref<Piece>::adopt(std::exchange(piece, other.release())); }
};

constinit sched::SpinLock g_lock{sched::LockRank::kObject};
constinit Reading g_readings[kFiles] = {};  // guarded by g_lock
constinit size_t g_next = 0;                // guarded by g_lock
constinit std::atomic<bool> g_any{false};   // a piece is here; written under g_lock

// g_lock held. The piece of whose place is taken goes to `gone`.
Reading& reading_of(uint64_t descriptor, Ref<Piece>& gone) {
  for (Reading& reading : g_readings)
    if (reading.descriptor == descriptor) return reading;
  Reading& reading = g_readings[g_next++ % kFiles];
  gone = reading.exchange(nullptr);
  reading = {.descriptor = descriptor};
  return reading;
}

// Notes a read that is not here, and says how far to read ahead of it.
size_t plan(uint64_t descriptor, uint64_t offset, size_t length) {
  Ref<Piece> gone;
  sched::SpinGuard guard(g_lock);
  Reading& reading = reading_of(descriptor, gone);
  const bool goes_on = offset == reading.next && offset != 0;
  reading.next = offset + length;
  if (!goes_on || length > kLargeRead) return reading.window = 0;
  if (reading.pause > 0) {
    --reading.pause;
    return 0;
  }
  return reading.window = min_of(max_of(2 * reading.window, 4 * length), kMostAhead);
}

void keep(uint64_t descriptor, Ref<Piece> piece) {
  Ref<Piece> gone, replaced;
  sched::SpinGuard guard(g_lock);
  Reading& reading = reading_of(descriptor, gone);
  g_any.store(true, std::memory_order_seq_cst);
  // Whoever makes it old either sees that there is something to forget, or was seen.
  if (!boundary::nothing_since_own_crossing()) return;
  reading.used = false;
  replaced = reading.exchange(std::move(piece));
}

// All that is asked for, or nothing.
Ref<Piece> take(uint64_t descriptor, uint64_t offset, size_t length) {
  if (!g_any.load(std::memory_order_relaxed)) return nullptr;
  sched::SpinGuard guard(g_lock);
  for (Reading& reading : g_readings) {
    if (reading.descriptor != descriptor || !reading.piece) continue;
    const Piece& piece = *reading.piece;
    if (offset < piece.begin || offset >= piece.end || (length > piece.end - offset && !piece.ends_file))
      return nullptr;
    reading.used = true;
    reading.in_vain = 0;
    reading.next = offset + min_of<uint64_t>(length, piece.end - offset);
    return Ref<Piece>::share(reading.piece);
  }
  return nullptr;
}

Result<size_t> read_plainly(uint64_t descriptor, IoVector& to, uint64_t offset) {
  return pull(to, [&](uint64_t address, size_t length, size_t done) {
    return host_call(__NR_pread64, descriptor, address, length, offset + done);
  });
}

// One that is more than `to` has room for.
Result<Ref<Piece>> read_piece(uint64_t descriptor, uint64_t offset, size_t length) {
  auto* object = new (std::nothrow) Piece;
  if (!object) return Errno(ENOMEM);
  Ref<Piece> piece = Ref<Piece>::adopt(object);
  piece->bytes = TRY(HostBuffer::allocate(length));
  const uint64_t answer =
      TRY(host_call_now(__NR_pread64, descriptor, piece->bytes.address(), length, offset));
  piece->begin = offset;
  piece->end = offset + boundary::check_count(answer, length);
  piece->ends_file = answer < length;
  return piece;
}

}  // namespace

Result<size_t> read(const HostDescriptor& file, IoVector& to, uint64_t offset) {
  const uint64_t descriptor = file.number();
  const size_t length = to.remaining();
  if (!boundary::batching() || length == 0) return read_plainly(descriptor, to, offset);
  Ref<Piece> piece = take(descriptor, offset, length);
  if (!piece) {
    const uint64_t size = file.last_size();
    const bool more = offset < size && length < size - offset && !boundary::calls_wait_for_company();
    const size_t ahead = more ? min_of(plan(descriptor, offset, length), size - offset - length) : 0;
    if (ahead == 0) return read_plainly(descriptor, to, offset);
    piece = TRY(read_piece(descriptor, offset, length + ahead));
    keep(descriptor, piece);
  }
  return to.scatter(piece->bytes, offset - piece->begin, min_of<uint64_t>(length, piece->end - offset));
}

void forget_all() {
  if (!g_any.load(std::memory_order_seq_cst)) return;
  Ref<Piece> gone[kFiles];  // freed without the lock
  sched::SpinGuard guard(g_lock);
  g_any.store(false, std::memory_order_relaxed);
  for (size_t i = 0; i < kFiles; ++i) {
    Reading& reading = g_readings[i];
    if (!reading.piece) continue;
    gone[i] = reading.exchange(nullptr);
    // One may be bad luck: a tick came.
    if (reading.used || ++reading.in_vain < kMostInVain) continue;
    reading.in_vain = 0;
    reading.window = 0;
    reading.pause = kPause;
  }
}

}  // namespace scone::file::read_ahead
