#include "enclave/syscall/socket.h"

#include <linux/errno.h>

#include "enclave/net/host_socket.h"
#include "enclave/net/pair_socket.h"
#include "enclave/syscall/socket_file.h"

namespace scone::syscall {
namespace {

using net::Address;

constexpr int kTypeFlags = net::kSockNonBlock | net::kSockCloseOnExec;
constexpr int kTypeMask = 0xf;

bool is_type(int type) { return (type & ~(kTypeMask | kTypeFlags)) == 0; }

Result<int> copy_address(Result<Address> address, AppPtr<void> to, AppPtr<uint32_t> size) {
  TRY(TRY(std::move(address)).to_app(to, size));
  return 0;
}

}  // namespace

Result<int> sys_socket(int family, int type, int protocol) {
  if (!is_type(type)) return Errno(EINVAL);
  auto file = TRY(net::HostSocket::create(family, type, protocol));
  return file::fd_table().install(std::move(file), type & net::kSockCloseOnExec);
}

Result<int> sys_socketpair(int family, int type, int protocol, AppPtr<int> fds) {
  if (!is_type(type)) return Errno(EINVAL);
  Ref<file::File> first, second;
  TRY(net::PairSocket::create({family, type & kTypeMask, protocol}, type & net::kSockNonBlock, first,
                              second));
  int numbers[2];
  TRY(file::fd_table().install_pair(std::move(first), std::move(second), type & net::kSockCloseOnExec,
                                    numbers));
  Result<void> copied = boundary::copy_to_app(fds.cast<void>(), numbers, sizeof numbers);
  if (copied.ok()) return 0;
  for (int number : numbers) (void)file::fd_table().remove(number).ok();
  return copied.error();
}

Result<int> sys_bind(int fd, AppPtr<const void> address, uint32_t size) {
  auto socket = TRY(socket_file(fd));
  TRY(socket->bind(TRY(Address::from_app(address, size))));
  return 0;
}

Result<int> sys_listen(int fd, int backlog) {
  TRY(TRY(socket_file(fd))->listen(backlog));
  return 0;
}

Result<int> sys_connect(int fd, AppPtr<const void> address, uint32_t size) {
  auto socket = TRY(socket_file(fd));
  TRY(socket->connect(TRY(Address::from_app(address, size))));
  return 0;
}

Result<int> sys_accept(int fd, AppPtr<void> address, AppPtr<uint32_t> size) {
  return sys_accept4(fd, address, size, 0);
}

Result<int> sys_accept4(int fd, AppPtr<void> address, AppPtr<uint32_t> size, int flags) {
  if (flags & ~kTypeFlags) return Errno(EINVAL);
  auto socket = TRY(socket_file(fd));
  Address peer;
  auto file = TRY(socket->accept(address ? &peer : nullptr, flags));
  if (address) TRY(peer.to_app(address, size));
  return file::fd_table().install(std::move(file), flags & net::kSockCloseOnExec);
}

Result<int> sys_getsockname(int fd, AppPtr<void> address, AppPtr<uint32_t> size) {
  return copy_address(TRY(socket_file(fd))->local_address(), address, size);
}

Result<int> sys_getpeername(int fd, AppPtr<void> address, AppPtr<uint32_t> size) {
  return copy_address(TRY(socket_file(fd))->peer_address(), address, size);
}

Result<int> sys_shutdown(int fd, int how) {
  TRY(TRY(socket_file(fd))->shutdown(how));
  return 0;
}

Result<int> sys_setsockopt(int fd, int level, int name, AppPtr<const void> value, uint32_t size) {
  TRY(TRY(socket_file(fd))->set_option(level, name, value, size));
  return 0;
}

Result<int> sys_getsockopt(int fd, int level, int name, AppPtr<void> value, AppPtr<uint32_t> size) {
  TRY(TRY(socket_file(fd))->get_option(level, name, value, size));
  return 0;
}

}  // namespace scone::syscall
