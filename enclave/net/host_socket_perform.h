// Blocking for calls on a non-blocking host socket (HostSocket::perform). Included by the parts of HostSocket only.
#pragma once

#include <linux/errno.h>

#include "enclave/net/host_socket.h"

namespace scone::net {

template <typename Call>
Result<HostSocket::Attempt> HostSocket::perform(uint32_t events, bool blocking, Call call) {
  uint64_t deadline_ns = 0;  // not begun yet
  // What is known to fail is not tried; an edge will tell.
  if (blocking && !source_.state().worth_trying(events)) TRY(wait(events, deadline_ns));
  while (true) {
    const uint32_t epoch = source_.epoch();
    Result<uint64_t> answer = call();
    if (answer.ok()) return Attempt{answer.value(), epoch};
    if (answer.error() != Errno(EAGAIN)) {
      source_.forget(events | EPOLLERR);
      return answer.error();
    }
    if (has_edges(events))
      source_.would_block(events, epoch);
    else
      source_.forget(events);
    if (!blocking) return Errno(EAGAIN);
    TRY(wait(events, deadline_ns));
  }
}

}  // namespace scone::net
