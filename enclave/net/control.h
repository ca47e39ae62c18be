// Control messages on their way between the program and the host.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/ref.h"
#include "base/result.h"
#include "enclave/boundary/app_ptr.h"
#include "enclave/boundary/host_buffer.h"
#include "enclave/file/file.h"
#include "enclave/net/socket_abi.h"

namespace scone::net {

// Larger ones are refused with ENOBUFS when sent (Linux: net.core.optmem_max), and cut when received.
inline constexpr size_t kMaxControl = 4096;

// What sendmsg(2) sends besides data. Keeps the files alive whose descriptors it passes.
class OutgoingControl {
 public:
  OutgoingControl() = default;
  OutgoingControl(const OutgoingControl&) = delete;
  OutgoingControl& operator=(const OutgoingControl&) = delete;
  ~OutgoingControl();

  // Copies, checks and translates. EFAULT, EINVAL, ENOBUFS, EBADF, ENOMEM; EOPNOTSUPP: a descriptor of something that
  // exists only inside the enclave.
  Result<void> load(AppPtr<const void> from, size_t size);
  std::span<const uint8_t> bytes() const { return {bytes_, size_}; }

 private:
  Result<int> to_host(int fd);

  uint8_t* bytes_ = nullptr;
  size_t size_ = 0;
  Ref<file::File>* files_ = nullptr;
  size_t file_count_ = 0;
};

// What recvmsg(2) received besides data.
class IncomingControl {
 public:
  // For up to `capacity` bytes.
  explicit IncomingControl(size_t capacity) : capacity_(capacity < kMaxControl ? capacity : kMaxControl) {}
  IncomingControl(const IncomingControl&) = delete;
  IncomingControl& operator=(const IncomingControl&) = delete;
  ~IncomingControl() { delete[] bytes_; }

  size_t capacity() const { return capacity_; }
  // Takes `size` (untrusted) bytes from the host's buffer: descriptors are adopted and installed. ENOMEM. A host that
  // sends nonsense is stopped.
  Result<void> take(const HostBuffer& from, size_t offset, uint64_t size, bool close_on_exec);
  std::span<const uint8_t> bytes() const { return {bytes_, size_}; }
  bool truncated() const { return truncated_; }

 private:
  const size_t capacity_;
  uint8_t* bytes_ = nullptr;
  size_t size_ = 0;
  bool truncated_ = false;
};

}  // namespace scone::net
