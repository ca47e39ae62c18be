// What several conformance programs need: time, temporary folders, threads that are certainly waiting.
#pragma once

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <string>

namespace support {

// CLOCK_MONOTONIC in milliseconds.
inline int64_t now_ms() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

// Sleeps the whole time, whatever signals arrive.
inline void sleep_ms(int64_t ms) {
  timespec left = {ms / 1000, ms % 1000 * 1000000};
  while (clock_nanosleep(CLOCK_MONOTONIC, 0, &left, &left) == EINTR) {
  }
}

// How long a test waits for "the other thread is surely blocked by now".
inline void settle() { sleep_ms(50); }

// A folder of its own, removed with what is in it (one level of subfolders).
class TemporaryDir {
 public:
  TemporaryDir() {
    const char* base = getenv("TMPDIR");
    path_ = std::string(base && *base ? base : "/tmp") + "/scone-conformance-XXXXXX";
    if (!mkdtemp(path_.data())) {
      perror("mkdtemp");
      _exit(2);
    }
  }
  TemporaryDir(const TemporaryDir&) = delete;
  TemporaryDir& operator=(const TemporaryDir&) = delete;
  ~TemporaryDir() { remove_tree(path_); }
  const std::string& path() const { return path_; }
  std::string operator/(const char* name) const { return path_ + "/" + name; }

 private:
  static void remove_tree(const std::string& path) {
    if (DIR* dir = opendir(path.c_str())) {
      while (dirent* entry = readdir(dir)) {
        std::string name = entry->d_name;
        if (name == "." || name == "..") continue;
        if (entry->d_type == DT_DIR)
          remove_tree(path + "/" + name);
        else
          unlink((path + "/" + name).c_str());
      }
      closedir(dir);
    }
    rmdir(path.c_str());
  }
  std::string path_;
};

// Creates a file with this content.
inline bool put_file(const std::string& path, const std::string& content) {
  int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
  if (fd < 0) return false;
  bool done = write(fd, content.data(), content.size()) == static_cast<ssize_t>(content.size());
  close(fd);
  return done;
}

// The whole content; empty if it cannot be read.
inline std::string get_file(const std::string& path) {
  std::string content;
  int fd = open(path.c_str(), O_RDONLY);
  if (fd < 0) return content;
  char piece[4096];
  for (ssize_t n; (n = read(fd, piece, sizeof piece)) > 0;) content.append(piece, static_cast<size_t>(n));
  close(fd);
  return content;
}

}  // namespace support
