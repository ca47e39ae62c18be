// Control messages (cmsg(3)): checking and translating them. Pure; buffers are private copies.
#pragma once

#include <linux/errno.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "base/checked.h"
#include "base/min_max.h"
#include "base/result.h"
#include "enclave/net/socket_abi.h"
#include "enclave/runtime/memory.h"

namespace scone::net {

inline constexpr int kLevelSocket = 1;  // SOL_SOCKET

// The largest data of a control message that is known to hold no pointer or descriptor; 0 for all others.
size_t max_control_data(int level, int type);

inline bool is_rights(const ControlHeader& header) {
  return header.level == kLevelSocket && header.type == kScmRights;
}

inline bool is_safe(const ControlHeader& header) {
  const size_t limit = max_control_data(header.level, header.type);
  return limit > 0 && header.size - sizeof header <= limit;
}

// Reads the header at `offset` and checks that its data lie within `control`. Rights are whole descriptors, at most
// kMaxRights of them. Precondition: offset + sizeof(ControlHeader) <= control.size().
Result<ControlHeader> read_control(std::span<const uint8_t> control, size_t offset);

// The first SCM_CREDENTIALS among messages that translate_outgoing() accepted.
std::optional<Credentials> find_credentials(std::span<const uint8_t> control);

// A program's messages, about to be sent: replaces every descriptor by to_host(descriptor) → Result<int>. EINVAL: malformed or of a
// kind that is not known to be safe.
template <typename ToHost>
Result<void> translate_outgoing(std::span<uint8_t> control, ToHost to_host) {
  size_t offset = 0;
  while (control.size() - offset >= sizeof(ControlHeader)) {
    const ControlHeader header = TRY(read_control(control, offset));
    const size_t data = offset + sizeof header;
    const size_t size = header.size - sizeof header;
    if (is_rights(header)) {
      for (size_t i = 0; i < size; i += sizeof(int)) {
        int descriptor;
        memcpy(&descriptor, &control[data + i], sizeof descriptor);
        descriptor = TRY(to_host(descriptor));
        memcpy(&control[data + i], &descriptor, sizeof descriptor);
      }
    } else if (!is_safe(header)) {
      return Errno(EINVAL);
    }
    offset += min_of<size_t>(align_up(header.size, kControlAlign), control.size() - offset);
  }
  return ok();
}

struct IncomingControlResult {
  size_t size;     // of what is for the program
  bool truncated;  // something could not be passed on: MSG_CTRUNC
};

// What the host delivered: each descriptor goes to take(number, wanted) → Result<int> and is replaced by its answer. After
// one that fails no further one is passed on (wanted is false), but each is offered: it is open and must be closed. Messages of
// unknown kinds are dropped. EINVAL: no kernel builds this.
template <typename Take>
Result<IncomingControlResult> translate_incoming(std::span<uint8_t> control, Take take) {
  IncomingControlResult result{0, false};
  size_t offset = 0;
  while (control.size() - offset >= sizeof(ControlHeader)) {
    ControlHeader header = TRY(read_control(control, offset));
    size_t data = offset + sizeof header;
    size_t size = header.size - sizeof header;
    // Where the message ends in the host's copy, before its length may shrink.
    offset += min_of<size_t>(align_up(header.size, kControlAlign), control.size() - offset);
    if (is_rights(header)) {
      size_t kept = 0;
      for (size_t i = 0; i < size; i += sizeof(int)) {
        int descriptor;
        memcpy(&descriptor, &control[data + i], sizeof descriptor);
        Result<int> number = take(descriptor, !result.truncated);
        if (!number.ok()) {
          result.truncated = true;
          continue;
        }
        memcpy(&control[data + kept], &number.value(), sizeof(int));
        kept += sizeof(int);
      }
      size = kept;
      if (kept == 0) continue;
    } else if (!is_safe(header)) {
      continue;
    }
    // Never beyond what was read: messages only move towards the front.
    header.size = sizeof header + size;
    memmove(&control[result.size + sizeof header], &control[data], size);
    memcpy(&control[result.size], &header, sizeof header);
    result.size = min_of<size_t>(align_up(result.size + header.size, kControlAlign), offset);
  }
  return result;
}

}  // namespace scone::net
