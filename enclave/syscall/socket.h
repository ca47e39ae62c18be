// socket(2) and its family. Calls that carry data are in socket_message.cc.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/result.h"
#include "enclave/boundary/app_ptr.h"
#include "enclave/net/socket_abi.h"

struct __kernel_timespec;

namespace scone::syscall {

Result<int> sys_socket(int family, int type, int protocol);
Result<int> sys_socketpair(int family, int type, int protocol, AppPtr<int> fds);
Result<int> sys_bind(int fd, AppPtr<const void> address, uint32_t size);
Result<int> sys_listen(int fd, int backlog);
Result<int> sys_connect(int fd, AppPtr<const void> address, uint32_t size);
Result<int> sys_accept(int fd, AppPtr<void> address, AppPtr<uint32_t> size);
Result<int> sys_accept4(int fd, AppPtr<void> address, AppPtr<uint32_t> size, int flags);
Result<int> sys_getsockname(int fd, AppPtr<void> address, AppPtr<uint32_t> size);
Result<int> sys_getpeername(int fd, AppPtr<void> address, AppPtr<uint32_t> size);
Result<int> sys_shutdown(int fd, int how);
Result<int> sys_setsockopt(int fd, int level, int name, AppPtr<const void> value, uint32_t size);
Result<int> sys_getsockopt(int fd, int level, int name, AppPtr<void> value, AppPtr<uint32_t> size);

Result<int64_t> sys_sendto(int fd, AppPtr<void> data, size_t length, int flags, AppPtr<const void> address,
                           uint32_t address_size);
Result<int64_t> sys_recvfrom(int fd, AppPtr<void> data, size_t length, int flags, AppPtr<void> address,
                             AppPtr<uint32_t> address_size);
Result<int64_t> sys_sendmsg(int fd, AppPtr<const net::MessageHeader> message, int flags);
Result<int64_t> sys_recvmsg(int fd, AppPtr<net::MessageHeader> message, int flags);
Result<int> sys_sendmmsg(int fd, AppPtr<net::MultiMessageHeader> messages, uint32_t count, int flags);
Result<int> sys_recvmmsg(int fd, AppPtr<net::MultiMessageHeader> messages, uint32_t count, int flags,
                         AppPtr<__kernel_timespec> timeout);

}  // namespace scone::syscall
