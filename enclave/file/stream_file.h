// Host files without positions, which can block: ttys, pipes, FIFOs, inotify, inherited sockets.
#pragma once

#include <cstdint>
#include <optional>

#include "base/ref.h"
#include "base/result.h"
#include "enclave/file/host_file.h"
#include "enclave/net/readiness.h"

namespace scone::file {

// How the host is kept from blocking an ethread.
enum class StreamAccess : uint8_t {
  kNonBlocking,  // a description of our own, with O_NONBLOCK on the host
  kMessages,     // a socket shared with other processes: MSG_DONTWAIT on each call
  kHelper,       // shared with other processes, and nothing better works: helper threads may block in it
};

// Blocking is done here: the program's O_NONBLOCK is in flags(), whatever the host's description says.
class StreamFile final : public HostFile {
 public:
  // `exhausted_when_short`: a read that returns less than was asked for has taken all there was (not so for ttys).
  StreamFile(Ref<HostDescriptor> descriptor, int flags, StreamAccess access, bool exhausted_when_short);

  Result<size_t> read(IoVector& to, std::optional<uint64_t> offset) override;
  Result<size_t> write(IoVector& from, std::optional<uint64_t> offset) override;
  Result<void> set_flags(int flags) override;

  uint32_t poll() override { return source_.events(); }
  sched::WaitQueue* wait_queue() override { return &source_.queue(); }
  // A descriptor that cannot be watched counts as ready.
  void expect(uint32_t) override { (void)source_.arm(descriptor()->fd()); }
  net::ReadySource* ready_source() override { return &source_; }
  // Calls that we do not make ourselves could block in a shared description.
  const HostFd* host_fd() override {
    return access_ == StreamAccess::kNonBlocking ? HostFile::host_fd() : nullptr;
  }

 private:
  Result<size_t> try_read(IoVector& to);
  Result<uint64_t> host_read(uint64_t address, size_t length);
  Result<uint64_t> host_write(uint64_t address, size_t length);
  Result<uint64_t> write_piece(uint64_t address, size_t length);
  Result<void> wait(uint32_t events);
  bool helper_would_block(uint32_t events);

  const StreamAccess access_;
  const bool exhausted_when_short_;
  net::ReadySource source_;
};

}  // namespace scone::file
