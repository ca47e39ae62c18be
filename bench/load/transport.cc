#include "bench/load/transport.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>

namespace scone::bench {
namespace {

[[noreturn]] void fail(const std::string& what) { throw std::runtime_error(what + ": " + strerror(errno)); }

int connect_to(uint16_t port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) fail("socket");
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) fail("connect");
  const int on = 1;
  if (setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0) fail("TCP_NODELAY");
  return fd;
}

}  // namespace

TlsContext make_tls_context(const std::string& ca) {
  TlsContext context(SSL_CTX_new(TLS_client_method()), SSL_CTX_free);
  if (!context) throw std::runtime_error("no TLS context");
  // A send goes on from where the buffer stands then.
  SSL_CTX_set_mode(context.get(), SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  if (!ca.empty()) {
    if (SSL_CTX_load_verify_locations(context.get(), ca.c_str(), nullptr) != 1)
      throw std::runtime_error("no certificates in " + ca);
    SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  }
  return context;
}

Transport::Transport(uint16_t port, SSL_CTX* tls) : fd_(connect_to(port)) {
  if (tls) {
    tls_.reset(SSL_new(tls));
    if (!tls_ || SSL_set_fd(tls_.get(), fd_) != 1 || SSL_connect(tls_.get()) != 1)
      throw std::runtime_error("the TLS handshake failed");
  }
  // From here on; the handshake was allowed to block.
  if (fcntl(fd_, F_SETFL, O_NONBLOCK) != 0) fail("O_NONBLOCK");
}

Transport::~Transport() { close(fd_); }

size_t Transport::send(std::string_view data) {
  if (tls_) return tls_result(SSL_write(tls_.get(), data.data(), static_cast<int>(data.size())), "send");
  return result(::send(fd_, data.data(), data.size(), MSG_NOSIGNAL), "send");
}

size_t Transport::receive(std::span<char> space) {
  if (tls_) return tls_result(SSL_read(tls_.get(), space.data(), static_cast<int>(space.size())), "receive");
  return result(recv(fd_, space.data(), space.size(), 0), "receive");
}

size_t Transport::result(ssize_t bytes, const char* what) const {
  if (bytes > 0) return static_cast<size_t>(bytes);
  if (bytes == 0) throw std::runtime_error("the server closed the connection");
  if (errno != EAGAIN) fail(what);
  return 0;
}

size_t Transport::tls_result(int bytes, const char* what) const {
  if (bytes > 0) return static_cast<size_t>(bytes);
  const int error = SSL_get_error(tls_.get(), bytes);
  if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE)
    throw std::runtime_error(std::string(what) + ": TLS error " + std::to_string(error));
  return 0;
}

}  // namespace scone::bench
