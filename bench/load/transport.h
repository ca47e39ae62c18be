#pragma once

#include <openssl/ssl.h>
#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace scone::bench {

using TlsContext = std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)>;

// A client's context; with `ca`, servers must have a certificate that it signed. Throws std::runtime_error.
TlsContext make_tls_context(const std::string& ca);

// A connected non-blocking socket to the loopback interface, in the clear or under TLS. Errors throw std::runtime_error.
class Transport {
 public:
  Transport(uint16_t port, SSL_CTX* tls);
  Transport(const Transport&) = delete;
  Transport& operator=(const Transport&) = delete;
  ~Transport();

  int fd() const { return fd_; }

  // Bytes moved; 0: not now. A connection that the peer has closed is an error.
  size_t send(std::string_view data);
  size_t receive(std::span<char> space);

 private:
  size_t result(ssize_t bytes, const char* what) const;
  size_t tls_result(int bytes, const char* what) const;

  int fd_;
  std::unique_ptr<SSL, decltype(&SSL_free)> tls_{nullptr, SSL_free};
};

}  // namespace scone::bench
