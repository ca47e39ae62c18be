// A file descriptor of the runner, owned by an enclave object.
#pragma once

#include <cstdint>

#include "base/result.h"

namespace scone::boundary {

class DeferredClose;

// Owns a host descriptor and closes it. The set of owned descriptors is kept in the enclave: a host that hands out one
// that is in use already is stopped (it could make two files one).
class HostFd {
 public:
  HostFd() = default;
  // Takes over `result` of a host call that returns a new descriptor. Host violation if in use or absurd. ENOMEM: it is closed, by a host
  // call; what closing needs is allocated here, so that the destructor can run where nothing may fail or leave the enclave.
  static Result<HostFd> adopt(uint64_t result);
  // Marks a descriptor of the runner's own as in use: it is never a new one. Host violation if in use or absurd.
  static void reserve(uint64_t number);
  // 0, 1, 2 as inherited: not closed with the object.
  static HostFd inherited(int number);
  HostFd(HostFd&& other) noexcept : fd_(other.fd_), owned_(other.owned_), close_(other.close_) {
    other.fd_ = -1;
    other.close_ = nullptr;
  }
  HostFd& operator=(HostFd&& other) noexcept;
  ~HostFd();

  int number() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }

 private:
  static HostFd claim(uint64_t result);

  int fd_ = -1;
  bool owned_ = true;
  DeferredClose* close_ = nullptr;  // owned descriptors of an engine that posts calls
};

}  // namespace scone::boundary

namespace scone {
using boundary::HostFd;
}
