#include "enclave/boundary/app_ptr.h"

#include <linux/errno.h>

#include "abi/layout.h"
#include "base/checked.h"
#include "enclave/boundary/app_copy.h"
#include "enclave/boundary/host_call.h"
#include "enclave/entry/ethread.h"
#include "enclave/mm/fault.h"
#include "enclave/mm/program.h"
#include "enclave/sched/lock.h"

namespace scone::boundary {
namespace {

Result<void> check_range(uint64_t address, size_t size) {
  if (size == 0) return ok();  // as the kernel: nothing is accessed, so no address is wrong
  const uint64_t end = abi::program_end(entry::this_ethread().enclave_size);
  if (!range_within(address, size, abi::kProgramBegin, end)) return Errno(EFAULT);
  return ok();
}

// Smaller copies are of data that the program has just made.
constexpr size_t kWorthPeeking = 512;

// Brings the page in, or says that the program has no right to it.
Result<void> resolve(uint64_t fault, mm::Access access) {
  if (sched::held_ranks() != 0) panic("program memory accessed with a lock held");
  TRY(check_range(fault, 1));
  if (mm::program().fault(fault, access) != mm::FaultOutcome::kResolved) return Errno(EFAULT);
  return ok();
}

}  // namespace

// SAFETY (whole file): addresses given to the faulting copies were checked to lie in the program's range, where any access either
// works or is fixed up.

Result<void> copy_from_app(void* to, AppPtr<const void> from, size_t size) {
  TRY(check_range(from.address(), size));
  size_t done = 0;
  // Where a fault would be needed for a page that nobody else may ever look at.
  if (size >= kWorthPeeking) done = mm::program().peek(from.address(), to, size);
  while (done < size) {
    const CopyFault fault =
        app_copy(static_cast<char*>(to) + done, reinterpret_cast<const void*>(from.address() + done), size - done);
    if (fault.address == 0) break;
    done = size - fault.remaining;
    const size_t peeked = mm::program().peek(from.address() + done, static_cast<char*>(to) + done, size - done);
    done += peeked;
    if (peeked == 0) TRY(resolve(fault.address, mm::Access::kRead));
  }
  return ok();
}

Result<void> copy_to_app(AppPtr<void> to, const void* from, size_t size) {
  TRY(check_range(to.address(), size));
  size_t done = 0;
  while (done < size) {
    const CopyFault fault =
        app_copy(reinterpret_cast<void*>(to.address() + done), static_cast<const char*>(from) + done, size - done);
    if (fault.address == 0) break;
    done = size - fault.remaining;
    TRY(resolve(fault.address, mm::Access::kWrite));
  }
  return ok();
}

Result<void> clear_app(AppPtr<void> to, size_t size) {
  TRY(check_range(to.address(), size));
  size_t done = 0;
  while (done < size) {
    const CopyFault fault = app_clear(reinterpret_cast<void*>(to.address() + done), size - done);
    if (fault.address == 0) break;
    done = size - fault.remaining;
    TRY(resolve(fault.address, mm::Access::kWrite));
  }
  return ok();
}

Result<size_t> copy_string_from_app(char* to, AppPtr<const char> from, size_t capacity) {
  for (size_t length = 0; length < capacity;) {
    TRY(check_range(from.address() + length, 1));
    uint8_t byte;
    const CopyFault fault = app_load_byte(reinterpret_cast<const void*>(from.address() + length), &byte);
    if (fault.address != 0) {
      TRY(resolve(fault.address, mm::Access::kRead));
      continue;
    }
    to[length] = static_cast<char>(byte);
    if (byte == 0) return length;
    ++length;
  }
  return Errno(ENAMETOOLONG);
}

Result<uint32_t> compare_exchange_app(AppPtr<uint32_t> word, uint32_t expected, uint32_t desired) {
  TRY(check_range(word.address(), sizeof(uint32_t)));
  for (;;) {
    uint32_t found = expected;
    const CopyFault fault = app_compare_exchange(reinterpret_cast<uint32_t*>(word.address()), &found, desired);
    if (fault.address == 0) return found;
    TRY(resolve(fault.address, mm::Access::kWrite));
  }
}

}  // namespace scone::boundary
