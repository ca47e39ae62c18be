#include "enclave/syscall/random.h"

#include <linux/errno.h>
#include <linux/random.h>

#include "enclave/random/random.h"
#include "enclave/sched/sched.h"

namespace scone::syscall {
namespace {

constexpr size_t kMostAtOnce = 0x7ffff000;  // MAX_RW_COUNT
constexpr size_t kPiece = 512;
// random(4): up to this much comes in one piece whatever signals arrive.
constexpr size_t kUninterrupted = 256;

}  // namespace

Result<size_t> sys_getrandom(AppPtr<void> buffer, size_t size, unsigned flags) {
  if (flags & ~unsigned{GRND_NONBLOCK | GRND_RANDOM | GRND_INSECURE}) return Errno(EINVAL);
  if ((flags & (GRND_RANDOM | GRND_INSECURE)) == (GRND_RANDOM | GRND_INSECURE)) return Errno(EINVAL);
  if (size > kMostAtOnce) size = kMostAtOnce;
  uint8_t piece[kPiece];
  size_t done = 0;
  while (done < size) {
    if (done >= kUninterrupted && sched::interrupted()) break;
    const size_t count = size - done < kPiece ? size - done : kPiece;
    TRY(random::fill(piece, count));
    auto copied = boundary::copy_to_app(AppPtr<void>(buffer.address() + done), piece, count);
    if (!copied.ok() && done == 0) return copied.error();
    if (!copied.ok()) break;
    done += count;
  }
  return done;
}

}  // namespace scone::syscall
