#include "enclave/boundary/host_fd.h"

#include <asm/unistd.h>
#include <linux/errno.h>

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

// Nobody waits for a close.
class DeferredClose final : public PostedCall {
 public:
  DeferredClose() : PostedCall(0) {}
  void post_for(int fd) {
    call_ = {__NR_close, {static_cast<uint64_t>(fd)}};
    post(*this);
  }
  void complete(int64_t) override { delete this; }
};

Result<HostFd> HostFd::adopt(uint64_t result) {
  HostFd fd = claim(result);
  if (!batching()) return fd;
  fd.close_ = new (std::nothrow) DeferredClose;
  if (!fd.close_) return Errno(ENOMEM);  // whose call this is may leave: the destructor does
  return fd;
}

HostFd HostFd::claim(uint64_t result) {
  if (result >= kMaxHostFd) host_violation("impossible descriptor");
  HostFd fd;
  fd.fd_ = static_cast<int>(result);
  if (set_owned(fd.fd_, true)) host_violation("a descriptor that is in use already");
  return fd;
}

void HostFd::reserve(uint64_t number) {
  HostFd fd = claim(number);
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
  std::swap(close_, other.close_);
  return *this;
}

HostFd::~HostFd() {
  if (fd_ < 0 || !owned_) return;
  // Now, because another ethread may get the number again before this one hears that it was closed.
  set_owned(fd_, false);
  if (close_)
    close_->post_for(fd_);
  else
    (void)host_call(__NR_close, static_cast<uint64_t>(fd_)).ok();  // it is gone whatever close(2) answers
}

}  // namespace scone::boundary
