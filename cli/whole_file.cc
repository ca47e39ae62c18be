#include "cli/whole_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

namespace scone::cli {
namespace {

// Closes at its end.
class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() {
    if (number_ >= 0) close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return number_; }

 private:
  const int number_;
};

std::string reason(const std::string& path) { return path + ": " + strerror(errno); }

bool write_all(int descriptor, std::string_view content) {
  while (!content.empty()) {
    const ssize_t count = write(descriptor, content.data(), content.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return false;
    content.remove_prefix(static_cast<size_t>(count));
  }
  return fsync(descriptor) == 0 || errno == EINVAL;  // EINVAL: nothing to wait for (a pipe, /dev/stdout)
}

bool write_new(const std::string& path, std::string_view content, mode_t mode, int flags, std::string& error) {
  Descriptor file(open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | flags, mode));
  if (file.get() < 0) {
    error = reason(path);
    return false;
  }
  if (write_all(file.get(), content)) return true;
  error = reason(path);
  unlink(path.c_str());
  return false;
}

bool is_other_than_a_file(const std::string& path) {
  struct stat stat;
  return ::stat(path.c_str(), &stat) == 0 && !S_ISREG(stat.st_mode);
}

}  // namespace

std::optional<std::string> read_whole_file(const std::string& path, size_t limit, std::string& error) {
  Descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  error = reason(path);
  if (file.get() < 0) return std::nullopt;
  std::string content(limit + 1, '\0');
  size_t size = 0;
  while (size < content.size()) {
    const ssize_t count = read(file.get(), content.data() + size, content.size() - size);
    if (count < 0 && errno == EINTR) continue;
    error = reason(path);
    if (count < 0) return std::nullopt;
    if (count == 0) break;
    size += static_cast<size_t>(count);
  }
  error = path + ": larger than " + std::to_string(limit) + " bytes";
  if (size > limit) return std::nullopt;
  content.resize(size);
  return content;
}

bool write_whole_file(const std::string& path, std::string_view content, mode_t mode, Existing existing,
                      std::string& error) {
  if (existing == Existing::kRefuse) return write_new(path, content, mode, O_EXCL, error);
  if (is_other_than_a_file(path)) return write_new(path, content, mode, 0, error);
  const std::string beside = path + ".new." + std::to_string(getpid());
  if (!write_new(beside, content, mode, O_EXCL, error)) return false;
  if (rename(beside.c_str(), path.c_str()) == 0) return true;
  error = reason(path);
  unlink(beside.c_str());
  return false;
}

}  // namespace scone::cli
