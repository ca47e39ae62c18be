// Control messages on their way between the program and a socket.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
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

// Files passed by SCM_RIGHTS, in order. Owns its references.
class PassedFiles {
 public:
  PassedFiles() = default;
  PassedFiles(PassedFiles&& other) noexcept
      : files_(std::exchange(other.files_, nullptr)), count_(std::exchange(other.count_, 0)) {}
  PassedFiles& operator=(PassedFiles&& other) noexcept {
    std::swap(files_, other.files_);
    std::swap(count_, other.count_);
    return *this;
  }
  ~PassedFiles() { delete[] files_; }

  Result<void> add(Ref<file::File> file);  // EINVAL: more than kMaxRights; ENOMEM
  Result<PassedFiles> copy() const;        // ENOMEM
  size_t size() const { return count_; }
  bool empty() const { return count_ == 0; }
  file::File& operator[](size_t index) const { return *files_[index]; }
  Ref<file::File> share(size_t index) const { return files_[index]; }

 private:
  Ref<file::File>* files_ = nullptr;
  size_t count_ = 0;
};

// What sendmsg(2) sends besides data.
class OutgoingControl {
 public:
  OutgoingControl() = default;
  OutgoingControl(const OutgoingControl&) = delete;
  OutgoingControl& operator=(const OutgoingControl&) = delete;
  ~OutgoingControl() { delete[] bytes_; }

  // Copies, checks, and opens the descriptors. EFAULT, EINVAL, ENOBUFS, EBADF, ENOMEM.
  Result<void> load(AppPtr<const void> from, size_t size);
  // As the program wrote it; after to_host_numbers() as the host understands it.
  std::span<const uint8_t> bytes() const { return {bytes_, size_}; }
  // EOPNOTSUPP: a descriptor of something that exists only inside the enclave.
  Result<void> to_host_numbers();

  PassedFiles& files() { return files_; }
  std::optional<Credentials> credentials() const;

 private:
  uint8_t* bytes_ = nullptr;
  size_t size_ = 0;
  PassedFiles files_;
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
  // From inside the enclave. Files for which there is no room or no descriptor are not passed on. ENOMEM.
  Result<void> deliver(const std::optional<Credentials>& credentials, const PassedFiles& files,
                       bool close_on_exec);
  std::span<const uint8_t> bytes() const { return {bytes_, size_}; }
  bool truncated() const { return truncated_; }

 private:
  void append(int type, const void* data, size_t size);
  void append_rights(const PassedFiles& files, bool close_on_exec);

  const size_t capacity_;
  uint8_t* bytes_ = nullptr;
  size_t size_ = 0;
  bool truncated_ = false;
};

}  // namespace scone::net
