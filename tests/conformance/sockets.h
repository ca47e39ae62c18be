// TCP over loopback for the conformance programs.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include <utility>

namespace sockets {

inline sockaddr_in loopback(int port) {
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<uint16_t>(port));
  return address;
}

// A listening socket on a free port.
struct Listener {
  explicit Listener(int flags = 0, int backlog = 128) : fd(socket(AF_INET, SOCK_STREAM | flags, 0)) {
    sockaddr_in address = loopback(0);
    socklen_t size = sizeof address;
    if (bind(fd, reinterpret_cast<sockaddr*>(&address), size) || listen(fd, backlog) ||
        getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size))
      perror("listener");
    port = ntohs(address.sin_port);
  }
  Listener(const Listener&) = delete;
  ~Listener() { close(fd); }
  int fd;
  int port = 0;
};

// A connected socket, or -1.
inline int connect_to(int port) {
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address = loopback(port);
  if (connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0) return fd;
  close(fd);
  return -1;
}

// Both ends of a connection.
struct TcpPair {
  TcpPair() {
    Listener listener;
    client = connect_to(listener.port);
    server = accept(listener.fd, nullptr, nullptr);
    if (client < 0 || server < 0) perror("connection");
  }
  TcpPair(TcpPair&& other) noexcept
      : client(std::exchange(other.client, -1)), server(std::exchange(other.server, -1)) {}
  ~TcpPair() {
    close_client();
    close_server();
  }
  void close_client() {
    if (client >= 0) close(std::exchange(client, -1));
  }
  void close_server() {
    if (server >= 0) close(std::exchange(server, -1));
  }
  int client = -1, server = -1;
};

}  // namespace sockets
