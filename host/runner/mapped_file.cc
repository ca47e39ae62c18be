#include "host/runner/mapped_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

namespace scone::host {

Result<std::shared_ptr<const MappedFile>> MappedFile::open(const std::string& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return Errno(errno);
  struct stat status;
  void* memory = MAP_FAILED;
  const bool known = fstat(descriptor, &status) == 0;
  if (known && status.st_size == 0)
    memory = nullptr;  // mmap(2) refuses it
  else if (known)
    memory = mmap(nullptr, static_cast<size_t>(status.st_size), PROT_READ, MAP_PRIVATE | MAP_POPULATE,
                  descriptor, 0);
  const int error = errno;
  close(descriptor);
  if (memory == MAP_FAILED) return Errno(error);
  const std::span<const uint8_t> bytes(static_cast<const uint8_t*>(memory),
                                       static_cast<size_t>(status.st_size));
  return std::shared_ptr<const MappedFile>(new MappedFile(bytes));
}

MappedFile::~MappedFile() {
  if (!bytes_.empty()) munmap(const_cast<uint8_t*>(bytes_.data()), bytes_.size());
}

}  // namespace scone::host
