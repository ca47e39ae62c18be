#include "enclave/syscall/futex.h"

#include <linux/errno.h>
#include <linux/futex.h>
#include <linux/time_types.h>

#include "enclave/process/restart.h"
#include "enclave/process/signal.h"
#include "enclave/sched/futex.h"
#include "enclave/sched/sched.h"

namespace scone::syscall {
namespace {

constexpr uint64_t kSecond = 1'000'000'000;

// The deadline as CLOCK_MONOTONIC ns, from a timeout argument of wait `operation`. EINVAL, EFAULT.
Result<uint64_t> deadline_from(uint64_t timeout, int operation) {
  if (timeout == 0) return sched::kNever;
  auto time = TRY(boundary::read_app(AppPtr<const __kernel_timespec>(timeout)));
  if (time.tv_sec < 0 || static_cast<uint64_t>(time.tv_nsec) >= kSecond) return Errno(EINVAL);
  if (static_cast<uint64_t>(time.tv_sec) > INT64_MAX / kSecond) return sched::kNever;
  const uint64_t ns = static_cast<uint64_t>(time.tv_sec) * kSecond + static_cast<uint64_t>(time.tv_nsec);
  const uint64_t now = sched::now_ns();
  const bool relative = (operation & FUTEX_CMD_MASK) == FUTEX_WAIT;
  if (relative) return now + ns;
  if (!(operation & FUTEX_CLOCK_REALTIME)) return ns;
  const uint64_t realtime = sched::realtime_ns();
  return ns > realtime ? now + (ns - realtime) : now;
}

Result<uint64_t> resume_wait(const process::RestartBlock& block);

Result<uint64_t> wait(uint64_t address, uint32_t value, uint32_t bits, uint64_t deadline) {
  auto result = sched::futex_wait(AppPtr<uint32_t>(address), value, bits, deadline);
  if (result.ok()) return uint64_t{0};
  if (result.error() == Errno(process::kRestartSys) && deadline != sched::kNever)
    return process::restart_with(&resume_wait, {address, value, bits, deadline, 0, 0});
  return result.error();
}

Result<uint64_t> resume_wait(const process::RestartBlock& block) {
  return wait(block.data[0], static_cast<uint32_t>(block.data[1]), static_cast<uint32_t>(block.data[2]), block.data[3]);
}

// FUTEX_OP encoding of value3 (futex(2)).
Result<uint32_t> operate(AppPtr<uint32_t> word, uint32_t encoded) {
  const uint32_t operation = encoded >> 28 & 7;
  uint32_t argument = encoded >> 12 & 0xfff;
  if (encoded >> 31) argument = uint32_t{1} << (argument & 31);  // FUTEX_OP_OPARG_SHIFT
  uint32_t old = TRY(boundary::read_app(word));
  for (;;) {
    uint32_t desired;
    switch (operation) {
      case FUTEX_OP_SET: desired = argument; break;
      case FUTEX_OP_ADD: desired = old + argument; break;
      case FUTEX_OP_OR: desired = old | argument; break;
      case FUTEX_OP_ANDN: desired = old & ~argument; break;
      case FUTEX_OP_XOR: desired = old ^ argument; break;
      default: return Errno(ENOSYS);
    }
    const uint32_t found = TRY(boundary::compare_exchange_app(word, old, desired));
    if (found == old) return old;
    old = found;
  }
}

Result<bool> compare(uint32_t old, uint32_t encoded) {
  const auto argument = static_cast<int32_t>((encoded & 0xfff) << 20) >> 20;
  const auto value = static_cast<int32_t>(old);
  switch (encoded >> 24 & 15) {
    case FUTEX_OP_CMP_EQ: return value == argument;
    case FUTEX_OP_CMP_NE: return value != argument;
    case FUTEX_OP_CMP_LT: return value < argument;
    case FUTEX_OP_CMP_LE: return value <= argument;
    case FUTEX_OP_CMP_GT: return value > argument;
    case FUTEX_OP_CMP_GE: return value >= argument;
    default: return Errno(ENOSYS);
  }
}

Result<uint64_t> wake_op(AppPtr<uint32_t> word, AppPtr<uint32_t> word2, uint32_t wake, uint32_t wake2, uint32_t encoded) {
  const uint32_t old = TRY(operate(word2, encoded));
  uint64_t woken = sched::futex_wake(word.address(), wake, sched::kAnyBit);
  if (TRY(compare(old, encoded))) woken += sched::futex_wake(word2.address(), wake2, sched::kAnyBit);
  return woken;
}

Result<uint64_t> requeue(AppPtr<uint32_t> word, AppPtr<uint32_t> word2, uint32_t wake, uint32_t move, const uint32_t* expected) {
  if (static_cast<int32_t>(wake) < 0 || static_cast<int32_t>(move) < 0) return Errno(EINVAL);
  if (expected && TRY(boundary::read_app(word)) != *expected) return Errno(EAGAIN);
  return uint64_t{sched::futex_requeue(word.address(), word2.address(), wake, move)};
}

}  // namespace

Result<uint64_t> sys_futex(AppPtr<uint32_t> word, int operation, uint32_t value, uint64_t timeout_or_value2,
                           AppPtr<uint32_t> word2, uint32_t value3) {
  const int command = operation & FUTEX_CMD_MASK;
  if (word.address() % 4 != 0) return Errno(EINVAL);
  const auto value2 = static_cast<uint32_t>(timeout_or_value2);
  switch (command) {
    case FUTEX_WAIT:
    case FUTEX_WAIT_BITSET: {
      const uint32_t bits = command == FUTEX_WAIT ? sched::kAnyBit : value3;
      if (bits == 0) return Errno(EINVAL);
      return wait(word.address(), value, bits, TRY(deadline_from(timeout_or_value2, operation)));
    }
    case FUTEX_WAKE:
    case FUTEX_WAKE_BITSET: {
      const uint32_t bits = command == FUTEX_WAKE ? sched::kAnyBit : value3;
      if (bits == 0) return Errno(EINVAL);
      return uint64_t{sched::futex_wake(word.address(), value, bits)};
    }
    case FUTEX_REQUEUE:
      return requeue(word, word2, value, value2, nullptr);
    case FUTEX_CMP_REQUEUE:
      return requeue(word, word2, value, value2, &value3);
    case FUTEX_WAKE_OP:
      return wake_op(word, word2, value, value2, value3);
    default:
      return Errno(ENOSYS);
  }
}

}  // namespace scone::syscall
