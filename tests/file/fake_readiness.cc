// ReadySource over poll(2): waiting is blocking. Not used by tests that link the real one.
#include <poll.h>

#include "enclave/file/file.h"
#include "enclave/net/readiness.h"

namespace scone::net {

ReadySource::~ReadySource() = default;

Result<void> ReadySource::arm(const HostFd& fd) {
  bind(fd);
  return ok();
}

uint32_t ReadySource::events(uint32_t interest) {
  pollfd question{fd(), static_cast<short>(interest & (POLLIN | POLLOUT)), 0};
  if (::poll(&question, 1, 0) <= 0) return 0;
  return static_cast<uint32_t>(question.revents);
}

Result<void> ReadySource::wait(uint32_t events, uint64_t) {
  pollfd question{fd(), static_cast<short>(events), 0};
  if (::poll(&question, 1, 5000) <= 0) return Errno(ETIMEDOUT);
  return ok();
}

void ReadySource::on_edge(uint32_t) {}
void ReadySource::on_arrival(int64_t, HostBuffer&) {}

}  // namespace scone::net

namespace scone::file {

// Nothing watches files here.
void File::descriptor_removed() {}

}  // namespace scone::file
