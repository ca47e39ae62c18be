// A struct msghdr with all it points to, in one piece of host memory.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/checked.h"
#include "base/result.h"
#include "enclave/boundary/host_buffer.h"
#include "enclave/net/address.h"
#include "enclave/net/socket_abi.h"

namespace scone::net {

// Layout: header, one iovec, name, control, data. Only what describe() wrote and the data are initialised.
class HostMessage {
 public:
  static constexpr size_t kIovec = sizeof(MessageHeader);
  static constexpr size_t kName = kIovec + 16;
  static constexpr size_t kControl = kName + Address::kMaxSize;
  static_assert(kControl % kControlAlign == 0);
  // The largest data that always fits.
  static constexpr size_t kMaxData = HostBuffer::kMaxSize - 8192;

  static Result<HostMessage> allocate(size_t control_capacity, size_t data_capacity) {
    const size_t data = kControl + align_up(control_capacity, kControlAlign);
    HostMessage message;
    message.buffer_ = TRY(HostBuffer::allocate(data + data_capacity));
    message.data_offset_ = data;
    return message;
  }

  // Before each call: the kernel overwrites the sizes.
  void describe(uint32_t name_size, size_t control_size, size_t data_size) {
    const uint64_t base = buffer_.address();
    buffer_.put(0, MessageHeader{.name = name_size ? base + kName : 0,
                                 .name_size = name_size,
                                 .padding = 0,
                                 .iovecs = base + kIovec,
                                 .iovec_count = 1,
                                 .control = control_size ? base + kControl : 0,
                                 .control_size = control_size,
                                 .flags = 0,
                                 .padding2 = 0});
    const uint64_t iovec[2] = {data_address(), data_size};
    buffer_.write(kIovec, iovec, sizeof iovec);
  }

  uint64_t address() const { return buffer_.address(); }
  uint64_t data_address() const { return buffer_.address() + data_offset_; }
  size_t data_offset() const { return data_offset_; }
  HostBuffer& buffer() { return buffer_; }
  // One copy of what the host left there: claims.
  MessageHeader header() const { return buffer_.get<MessageHeader>(0); }

 private:
  HostBuffer buffer_;
  size_t data_offset_ = 0;
};

}  // namespace scone::net
