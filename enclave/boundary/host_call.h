// Forwarding system calls to the host.
//
// Pointer arguments are addresses of HostBuffers. The answer is whatever the host says: these functions check only that it is
// a value or an errno a kernel could return (-4095..-1); the caller checks it against its request with
// the helpers below. A host that breaks the protocol itself (forged slot, impossible value) is stopped with host_violation().
#pragma once

#include <cstdint>
#include <span>

#include "base/result.h"
#include "enclave/boundary/slots.h"

namespace scone::boundary {

// Performs the call while this ethread waits, or through a helper thread while the current thread is
// parked, as the engine decides. For calls that end promptly.
Result<uint64_t> host_call(uint64_t number, uint64_t a0 = 0, uint64_t a1 = 0, uint64_t a2 = 0, uint64_t a3 = 0,
                           uint64_t a4 = 0, uint64_t a5 = 0);

// True if host_call() would wait for other threads' calls instead of leaving at once.
bool calls_wait_for_company();
// As host_call(), but at once, by an exit of its own: for answers that many threads are waiting for.
Result<uint64_t> host_call_now(uint64_t number, uint64_t a0 = 0, uint64_t a1 = 0, uint64_t a2 = 0, uint64_t a3 = 0,
                               uint64_t a4 = 0, uint64_t a5 = 0);

// Several calls that do not depend on each other, by one exit where the engine can. Raw results: check_result() is for each.
// At most kMaxCalls.
inline constexpr size_t kMaxCalls = 32;
void host_calls(std::span<const CallArguments> calls, std::span<int64_t> results);
// The same by one exit of their own, in order, with nothing behind them (round.h: nothing_since_own_crossing). Preconditions: batching(),
// posts_travel(calls.size()).
void host_calls_now(std::span<const CallArguments> calls, std::span<int64_t> results);

// For calls that may block for long (fsync, flock, opening a FIFO, …): always a helper thread; other threads run
// meanwhile. If a signal arrives for the current thread, the helper's call is interrupted: the result is then what the kernel
// returned, or Errno(process::kRestartSys) if that was EINTR.
Result<uint64_t> host_call_blocking(uint64_t number, uint64_t a0 = 0, uint64_t a1 = 0, uint64_t a2 = 0, uint64_t a3 = 0,
                                    uint64_t a4 = 0, uint64_t a5 = 0);

// The host did what no kernel does. Logs `what`, stops the enclave, never returns.
[[noreturn]] void host_violation(const char* what);
// The runtime found itself in an impossible state.
[[noreturn]] void panic(const char* what);

// A transfer of at most `limit` bytes was asked for: more is a violation (Iago).
// The host's raw answer as value or error. Host violation: no kernel returns such a thing.
Result<uint64_t> check_result(int64_t result);
uint64_t check_count(uint64_t result, uint64_t limit);

}  // namespace scone::boundary

namespace scone {
using boundary::host_call;
using boundary::host_call_blocking;
using boundary::host_call_now;
}
