#include "cli/posix_storage.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>

namespace scone::cli {
namespace {

using volume::Bytes;
using volume::MutableBytes;

Result<void> check(int result) {
  if (result != 0) return Errno(errno);
  return ok();
}

class PosixFile : public volume::StorageFile {
 public:
  explicit PosixFile(int descriptor) : descriptor_(descriptor) {}
  ~PosixFile() override { close(descriptor_); }

  Result<size_t> pread(uint64_t offset, MutableBytes into) override {
    size_t done = 0;
    while (done < into.size()) {
      const ssize_t got =
          ::pread(descriptor_, into.data() + done, into.size() - done, static_cast<off_t>(offset + done));
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return Errno(errno);
      if (got == 0) break;
      done += static_cast<size_t>(got);
    }
    return done;
  }
  Result<void> pwrite(uint64_t offset, Bytes from) override {
    size_t done = 0;
    while (done < from.size()) {
      const ssize_t put =
          ::pwrite(descriptor_, from.data() + done, from.size() - done, static_cast<off_t>(offset + done));
      if (put < 0 && errno == EINTR) continue;
      if (put < 0) return Errno(errno);
      done += static_cast<size_t>(put);
    }
    return ok();
  }
  Result<void> truncate(uint64_t size) override {
    return check(ftruncate(descriptor_, static_cast<off_t>(size)));
  }
  Result<uint64_t> size() override {
    struct stat status;
    TRY(check(fstat(descriptor_, &status)));
    if (!S_ISREG(status.st_mode)) return Errno(EINVAL);
    return static_cast<uint64_t>(status.st_size);
  }
  Result<void> sync() override { return check(fdatasync(descriptor_)); }
  int descriptor() const { return descriptor_; }

 private:
  const int descriptor_;
};

int flags_of(volume::OpenMode mode) {
  switch (mode) {
    case volume::OpenMode::kRead:
      return O_RDONLY;
    case volume::OpenMode::kWrite:
      return O_RDWR;
    case volume::OpenMode::kCreate:
      return O_RDWR | O_CREAT | O_TRUNC;
    case volume::OpenMode::kExclusive:
      return O_RDWR | O_CREAT | O_EXCL;
  }
  return O_RDONLY;
}

// A directory's descriptor for the time of one call.
class OpenDirectory {
 public:
  explicit OpenDirectory(std::string_view path)
      : descriptor_(open(std::string(path).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)), error_(errno) {}
  OpenDirectory(const OpenDirectory&) = delete;
  OpenDirectory& operator=(const OpenDirectory&) = delete;
  ~OpenDirectory() {
    if (descriptor_ >= 0) close(descriptor_);
  }
  template <typename Call>
  Result<void> with(Call call) {
    if (descriptor_ < 0) return Errno(error_);
    return check(call(descriptor_));
  }

 private:
  const int descriptor_;
  const int error_;
};

}  // namespace

Result<volume::StorageFile*> PosixStorage::open(std::string_view path, volume::OpenMode mode) {
  const bool is_private = !private_file_.empty() && path.starts_with(private_file_);
  const int descriptor =
      ::open(std::string(path).c_str(), flags_of(mode) | O_NOFOLLOW | O_CLOEXEC, is_private ? 0600 : 0666);
  if (descriptor < 0) return Errno(errno);
  return static_cast<volume::StorageFile*>(new PosixFile(descriptor));
}

Result<void> PosixStorage::lock(volume::StorageFile& file) {
  const auto locked = check(flock(static_cast<PosixFile&>(file).descriptor(), LOCK_EX | LOCK_NB));
  if (!locked.ok() && locked.error() == Errno(EWOULDBLOCK)) return Errno(EBUSY);
  return locked;
}

Result<void> PosixStorage::unlink(std::string_view path) {
  return check(::unlink(std::string(path).c_str()));
}

Result<void> PosixStorage::rename(std::string_view from, std::string_view to) {
  return check(::rename(std::string(from).c_str(), std::string(to).c_str()));
}

Result<void> PosixStorage::make_directory(std::string_view path) {
  return check(mkdir(std::string(path).c_str(), 0700));
}

Result<void> PosixStorage::sync_directory(std::string_view path) {
  return OpenDirectory(path).with([](int descriptor) { return fsync(descriptor); });
}

Result<void> PosixStorage::sync_all(std::string_view path) {
  return OpenDirectory(path).with([](int descriptor) { return syncfs(descriptor); });
}

Result<volume::Storage::Space> PosixStorage::space(std::string_view path) {
  struct statvfs status;
  TRY(check(statvfs(std::string(path).c_str(), &status)));
  return Space{uint64_t{status.f_blocks} * status.f_frsize, uint64_t{status.f_bavail} * status.f_frsize,
               status.f_files, status.f_favail};
}

}  // namespace scone::cli
