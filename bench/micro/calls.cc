// Single system calls.
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <ctime>
#include <utility>

#include "bench/micro/benchmark.h"

namespace scone::bench {
namespace {

class File {
 public:
  explicit File(const std::string& path)
      : fd_(open(path.c_str(), O_CREAT | O_TRUNC | O_RDWR | O_CLOEXEC, 0600)) {
    if (fd_ < 0) fail("open");
    unlink(path.c_str());
  }
  File(File&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  ~File() {
    if (fd_ >= 0) close(fd_);
  }
  int fd() const { return fd_; }

 private:
  int fd_;
};

}  // namespace

Count getppid_calls(const Settings& settings) {
  return repeat(settings, 100, [] { getppid(); });
}

Count clock_reads(const Settings& settings) {
  return repeat(settings, 1000, [] {
    timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
  });
}

// The paper's: 32 bytes at the start of an own file.
Count small_writes(const Settings& settings) {
  return repeat_in_threads(settings, 100, [&](unsigned thread) {
    return [file = File(settings.folder + "/pwrite-" + std::to_string(thread))] {
      const char data[32] = {};
      if (pwrite(file.fd(), data, sizeof data, 0) != sizeof data) fail("pwrite");
    };
  });
}

}  // namespace scone::bench
