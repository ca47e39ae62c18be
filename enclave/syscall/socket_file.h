// The socket behind a descriptor.
#pragma once

#include "enclave/file/fd_table.h"
#include "enclave/net/socket.h"

namespace scone::syscall {

// Keeps the file open as long as it lives.
struct SocketFile {
  Ref<file::File> file;
  net::Socket* operator->() const { return file->as_socket(); }
  net::Socket& operator*() const { return *file->as_socket(); }
};

// EBADF, ENOTSOCK.
inline Result<SocketFile> socket_file(int fd) {
  SocketFile result{TRY(file::fd_table().get(fd))};
  if (!result.file->as_socket()) return Errno(ENOTSOCK);
  return result;
}

}  // namespace scone::syscall
