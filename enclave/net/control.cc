#include "enclave/net/control.h"

#include <asm/unistd.h>
#include <linux/errno.h>

#include <new>

#include "base/min_max.h"
#include "enclave/boundary/host_call.h"
#include "enclave/file/fd_table.h"
#include "enclave/file/host_file.h"
#include "enclave/file/open.h"
#include "enclave/net/control_walk.h"
#include "enclave/net/host_socket.h"

namespace scone::net {
namespace {

// A descriptor that another process sent: a socket, or whatever else it is.
Result<Ref<file::File>> file_of(HostFd fd) {
  const auto number = static_cast<uint64_t>(fd.number());
  const uint64_t flags = TRY(host_call(__NR_fcntl, number, F_GETFL));
  // The description is shared with the sender, who will notice; nothing else keeps an ethread from blocking in it.
  TRY(host_call(__NR_fcntl, number, F_SETFL, flags | O_NONBLOCK));
  const int program_flags = static_cast<int>(flags);
  if (is_host_socket(fd)) return HostSocket::adopt(std::move(fd), program_flags & O_NONBLOCK);
  return file::adopt_host_file(std::move(fd), program_flags);
}

Result<int> install(HostFd fd, bool close_on_exec) {
  return file::fd_table().install(TRY(file_of(std::move(fd))), close_on_exec);
}

}  // namespace

Result<void> PassedFiles::add(Ref<file::File> file) {
  if (count_ == kMaxRights) return Errno(EINVAL);
  if (!files_) files_ = new (std::nothrow) Ref<file::File>[kMaxRights];
  if (!files_) return Errno(ENOMEM);
  files_[count_++] = std::move(file);
  return ok();
}

Result<PassedFiles> PassedFiles::copy() const {
  PassedFiles copy;
  for (size_t i = 0; i < count_; ++i) TRY(copy.add(files_[i]));
  return copy;
}

Result<void> OutgoingControl::load(AppPtr<const void> from, size_t size) {
  if (size > kMaxControl) return Errno(ENOBUFS);
  if (size == 0) return ok();
  bytes_ = new (std::nothrow) uint8_t[size];
  if (!bytes_) return Errno(ENOMEM);
  TRY(boundary::copy_from_app(bytes_, from, size));
  size_ = size;
  return translate_outgoing({bytes_, size_}, [this](int fd) -> Result<int> {
    TRY(files_.add(TRY(file::fd_table().get(fd))));
    return fd;
  });
}

Result<void> OutgoingControl::to_host_numbers() {
  size_t index = 0;
  return translate_outgoing({bytes_, size_}, [&](int) -> Result<int> {
    file::File& file = files_[index++];
    if (file::HostFile* host = file.as_host_file()) host->descriptor()->recall(true);
    const HostFd* host_fd = file.host_fd();
    if (!host_fd) return Errno(EOPNOTSUPP);
    return host_fd->number();
  });
}

std::optional<Credentials> OutgoingControl::credentials() const { return find_credentials({bytes_, size_}); }

Result<void> IncomingControl::take(const HostBuffer& from, size_t offset, uint64_t size, bool close_on_exec) {
  boundary::check_count(size, capacity_);
  if (size == 0) return ok();
  bytes_ = new (std::nothrow) uint8_t[size];
  if (!bytes_) return Errno(ENOMEM);
  from.read(offset, bytes_, size);
  auto result = translate_incoming({bytes_, size}, [&](int number, bool wanted) -> Result<int> {
    HostFd fd = TRY(HostFd::adopt(static_cast<uint32_t>(number)));
    if (!wanted) return Errno(EMFILE);
    return install(std::move(fd), close_on_exec);
  });
  if (!result.ok()) boundary::host_violation("malformed control message");
  size_ = result.value().size;
  truncated_ = result.value().truncated;
  return ok();
}

// Precondition: there is room for it.
void IncomingControl::append(int type, const void* data, size_t size) {
  const ControlHeader header{sizeof header + size, kLevelSocket, type};
  memcpy(bytes_ + size_, &header, sizeof header);
  memcpy(bytes_ + size_ + sizeof header, data, size);
  size_ += min_of<size_t>(align_up(header.size, kControlAlign), capacity_ - size_);
}

void IncomingControl::append_rights(const PassedFiles& files, bool close_on_exec) {
  int numbers[kMaxRights];
  size_t count = 0;
  const size_t used = size_ + sizeof(ControlHeader);
  const size_t room = capacity_ > used ? (capacity_ - used) / sizeof(int) : 0;
  while (count < files.size() && count < room) {
    Result<int> number = file::fd_table().install(files.share(count), close_on_exec);
    if (!number.ok()) break;
    numbers[count++] = number.value();
  }
  if (count > 0) append(kScmRights, numbers, count * sizeof(int));
  if (count < files.size()) truncated_ = true;
}

Result<void> IncomingControl::deliver(const std::optional<Credentials>& credentials, const PassedFiles& files,
                                      bool close_on_exec) {
  if (!credentials && files.empty()) return ok();
  bytes_ = new (std::nothrow) uint8_t[capacity_ + 1]();
  if (!bytes_) return Errno(ENOMEM);
  if (credentials && capacity_ >= sizeof(ControlHeader) + sizeof(Credentials))
    append(kScmCredentials, &*credentials, sizeof(Credentials));
  else if (credentials)
    truncated_ = true;
  if (!files.empty()) append_rights(files, close_on_exec);
  return ok();
}

}  // namespace scone::net
