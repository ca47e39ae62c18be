// Between the rounds of the border and the streams: bytes that came, sends that wait.
#pragma once

#include <cstdint>

namespace scone::net {

// An arrival as the host claims it (abi::Arrival). Scheduler or thread context, without locks.
void deliver_arrival(uint64_t token, int64_t result, uint64_t buffer);
// Posts what streams want to send. For begin_round().
void post_sends();
// Some stream has something to send.
bool sends_wait();
// Before the process ends: gives the kernel what the program has sent, as long as peers take it, for a while.
void finish_sends();

}  // namespace scone::net
