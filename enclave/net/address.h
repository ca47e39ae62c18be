// A socket address as the program gives or gets it. Its contents are between the program and the network: not looked at here.
#pragma once

#include <linux/errno.h>

#include <cstdint>

#include "base/min_max.h"
#include "base/result.h"
#include "enclave/boundary/app_ptr.h"
#include "enclave/boundary/host_buffer.h"

namespace scone::net {

struct Address {
  static constexpr uint32_t kMaxSize = 128;  // struct sockaddr_storage

  uint32_t size = 0;
  uint8_t bytes[kMaxSize];

  // EINVAL: too long or negative; EFAULT.
  static Result<Address> from_app(AppPtr<const void> from, uint32_t size) {
    if (size > kMaxSize) return Errno(EINVAL);
    Address address;
    TRY(boundary::copy_from_app(address.bytes, from, size));
    address.size = size;
    return address;
  }
  // As much as there is room for at `to`; *size holds the room, then the true length. EINVAL, EFAULT.
  Result<void> to_app(AppPtr<void> to, AppPtr<uint32_t> room) const {
    const uint32_t capacity = TRY(boundary::read_app(room));
    if (static_cast<int32_t>(capacity) < 0) return Errno(EINVAL);
    TRY(boundary::copy_to_app(to, bytes, min_of(capacity, size)));
    return boundary::write_app(room, size);
  }
  // What the host says the length is, may be anything.
  static Address from_host(const HostBuffer& buffer, size_t offset, uint32_t claimed_size) {
    Address address;
    address.size = min_of(claimed_size, kMaxSize);
    buffer.read(offset, address.bytes, address.size);
    return address;
  }
};

}  // namespace scone::net
