// Bytes through TCP sockets, for the conformance programs.
#pragma once

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cerrno>
#include <string>

namespace streams {

inline constexpr size_t kPage = 4096;

inline std::string pattern(size_t size, unsigned seed = 0) {
  std::string text(size, '\0');
  for (size_t i = 0; i < size; i++) text[i] = static_cast<char>((i + seed) * 2654435761u >> 23);
  return text;
}

// Everything up to the end, or "error N".
inline std::string read_all(int fd) {
  std::string text;
  static thread_local char piece[30000];
  for (;;) {
    ssize_t n = recv(fd, piece, sizeof piece, 0);
    if (n < 0) return "error " + std::to_string(errno);
    if (n == 0) return text;
    text.append(piece, static_cast<size_t>(n));
  }
}

// Exactly `size` bytes, less at the end.
inline std::string read_some(int fd, size_t size) {
  std::string text(size, '\0');
  size_t done = 0;
  while (done < size) {
    ssize_t n = recv(fd, text.data() + done, size - done, 0);
    if (n <= 0) break;
    done += static_cast<size_t>(n);
  }
  text.resize(done);
  return text;
}

inline short ready(int fd, short events, int timeout = 0) {
  pollfd entry = {fd, events, 0};
  return poll(&entry, 1, timeout) == 1 ? entry.revents : 0;
}

inline bool set_nonblocking(int fd) { return fcntl(fd, F_SETFL, O_NONBLOCK) == 0; }

inline void time_out(int fd, int option, int ms) {
  timeval time = {ms / 1000, ms % 1000 * 1000};
  setsockopt(fd, SOL_SOCKET, option, &time, sizeof time);
}

// Writes until the socket takes no more; how much it took.
inline size_t fill(int fd) {
  static const std::string data = pattern(100000);
  size_t sum = 0;
  for (;;) {
    ssize_t n = write(fd, data.data(), data.size());
    if (n < 0) return sum;
    sum += static_cast<size_t>(n);
  }
}

}  // namespace streams
