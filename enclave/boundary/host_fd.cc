#include "enclave/boundary/host_fd.h"

#include <asm/unistd.h>

#include <atomic>
#include <new>
#include <utility>

#include "enclave/boundary/host_call.h"
#include "enclave/boundary/round.h"

namespace scone::boundary {
namespace {

constexpr uint64_t kMaxHostFd = 1 << 20;
// One bit per host descriptor that an enclave object owns.
std::atomic<uint64_t> g_owned[kMaxHostFd / 64];

bool set_owned(int fd, bool value) {
  const uint64_t bit = uint64_t{1} << (fd % 64);
  std::atomic<uint64_t>& word = g_owned[fd / 64];
  return (value ? word.fetch_or(bit) : word.fetch_and(~bit)) & bit;
}

}  // namespace

HostFd HostFd::adopt(uint64_t result) {
  if (result >= kMaxHostFd) host_violation("impossible descriptor");
  HostFd fd;
  fd.fd_ = static_cast<int>(result);
  if (set_owned(fd.fd_, true)) host_violation("a descriptor that is in use already");
  return fd;
}

void HostFd::reserve(uint64_t number) {
  HostFd fd = adopt(number);
  fd.fd_ = -1;  // nobody closes it
}

HostFd HostFd::inherited(int number) {
  HostFd fd;
  fd.fd_ = number;
  fd.owned_ = false;
  set_owned(number, true);
  return fd;
}

HostFd& HostFd::operator=(HostFd&& other) noexcept {
  std::swap(fd_, other.fd_);
  std::swap(owned_, other.owned_);
  return *this;
}

namespace {

// Nobody waits for a close.
class DeferredClose final : public PostedCall {
 public:
  explicit DeferredClose(int fd) : PostedCall(0) { call_ = {__NR_close, {static_cast<uint64_t>(fd)}}; }
  void complete(int64_t) override { delete this; }
};

bool close_later(int fd) {
  auto* close = batching() ? new (std::nothrow) DeferredClose(fd) : nullptr;
  if (close) post(*close);
  return close != nullptr;
}

}  // namespace

HostFd::~HostFd() {
  if (fd_ < 0 || !owned_) return;
  // Now, because another ethread may get the number again before this one hears that it was closed.
  set_owned(fd_, false);
  if (close_later(fd_)) return;
  // The descriptor is gone whatever close(2) answers.
  (void)host_call(__NR_close, static_cast<uint64_t>(fd_)).ok();
}

}  // namespace scone::boundary
