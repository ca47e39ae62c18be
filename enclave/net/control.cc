#include "enclave/net/control.h"

#include <asm/unistd.h>
#include <linux/errno.h>

#include <new>

#include "enclave/boundary/host_call.h"
#include "enclave/file/fd_table.h"
#include "enclave/file/open.h"
#include "enclave/net/control_walk.h"
#include "enclave/net/socket.h"

namespace scone::net {
namespace {

// A descriptor that another process sent: a socket, or whatever else it is.
Result<Ref<file::File>> file_of(HostFd fd) {
  const auto number = static_cast<uint64_t>(fd.number());
  const uint64_t flags = TRY(host_call(__NR_fcntl, number, F_GETFL));
  // The description is shared with the sender, who will notice; nothing else keeps an ethread from blocking in it.
  TRY(host_call(__NR_fcntl, number, F_SETFL, flags | O_NONBLOCK));
  const int program_flags = static_cast<int>(flags);
  if (is_host_socket(fd)) return Socket::adopt(std::move(fd), program_flags & O_NONBLOCK);
  return file::adopt_host_file(std::move(fd), program_flags);
}

Result<int> install(HostFd fd, bool close_on_exec) {
  return file::fd_table().install(TRY(file_of(std::move(fd))), close_on_exec);
}

}  // namespace

OutgoingControl::~OutgoingControl() {
  delete[] bytes_;
  delete[] files_;
}

Result<int> OutgoingControl::to_host(int fd) {
  Ref<file::File> file = TRY(file::fd_table().get(fd));
  const HostFd* host_fd = file->host_fd();
  if (!host_fd) return Errno(EOPNOTSUPP);
  if (file_count_ == kMaxRights) return Errno(EINVAL);
  if (!files_) files_ = new (std::nothrow) Ref<file::File>[kMaxRights];
  if (!files_) return Errno(ENOMEM);
  files_[file_count_++] = std::move(file);
  return host_fd->number();
}

Result<void> OutgoingControl::load(AppPtr<const void> from, size_t size) {
  if (size > kMaxControl) return Errno(ENOBUFS);
  if (size == 0) return ok();
  bytes_ = new (std::nothrow) uint8_t[size];
  if (!bytes_) return Errno(ENOMEM);
  TRY(boundary::copy_from_app(bytes_, from, size));
  size_ = size;
  return translate_outgoing({bytes_, size_}, [this](int fd) { return to_host(fd); });
}

Result<void> IncomingControl::take(const HostBuffer& from, size_t offset, uint64_t size, bool close_on_exec) {
  boundary::check_count(size, capacity_);
  if (size == 0) return ok();
  bytes_ = new (std::nothrow) uint8_t[size];
  if (!bytes_) return Errno(ENOMEM);
  from.read(offset, bytes_, size);
  auto result = translate_incoming({bytes_, size}, [&](int number, bool wanted) -> Result<int> {
    HostFd fd = HostFd::adopt(static_cast<uint32_t>(number));
    if (!wanted) return Errno(EMFILE);
    return install(std::move(fd), close_on_exec);
  });
  if (!result.ok()) boundary::host_violation("malformed control message");
  size_ = result.value().size;
  truncated_ = result.value().truncated;
  return ok();
}

}  // namespace scone::net
