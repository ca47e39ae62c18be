// Host memory in which the runner leaves bytes that it received ahead (abi::Arrival).
//
// Each buffer is the host's or the enclave's; the record of which is kept here. The enclave copies once from a buffer of its own; what the
// host does to the bytes meanwhile is what it could have done to them on the wire.
#pragma once

#include <cstdint>

#include "base/result.h"
#include "enclave/boundary/host_buffer.h"
#include "enclave/boundary/host_ptr.h"

namespace scone::abi {
struct EthreadArea;
}

namespace scone::boundary {

// The host says that `length` bytes are in buffer `number`. Host violation: no such buffer or length, or the buffer is the enclave's.
// The destructor of the HostBuffer gives it back.
HostBuffer take_receive_buffer(uint64_t number, uint64_t length);
// True when so many are in the enclave's hands that unread bytes should move into its own memory.
bool receive_buffers_scarce();

// For HostBuffer: true if `address` was a receive buffer's, which is given back now.
bool return_receive_buffer(uint64_t address);
// For each exit: tells the host which buffers are its own again.
void give_back_receive_buffers(HostPtr<abi::EthreadArea> area);

}  // namespace scone::boundary
