#include "enclave/file/standard_descriptors.h"

#include <asm/unistd.h>

#include <new>

#include "enclave/boundary/host_call.h"
#include "enclave/file/dirent.h"
#include "enclave/file/fd_table.h"
#include "enclave/file/host_directory.h"
#include "enclave/file/host_stat.h"
#include "enclave/file/mode.h"
#include "enclave/file/open.h"
#include "enclave/file/path_components.h"
#include "enclave/file/seekable_file.h"
#include "enclave/file/stream_file.h"
#include "enclave/file/text.h"

namespace scone::file {
namespace {

constexpr int kLastStandard = 2;
constexpr uint64_t kFdCloseOnExec = 1;  // FD_CLOEXEC
constexpr size_t kListingSize = 4096;

Result<Ref<File>> owned(File* file) {
  if (!file) return Errno(ENOMEM);
  return Ref<File>::adopt(file);
}

// A description of our own for the same pipe, FIFO or device, so that it can be non-blocking. Fails where the host does not
// let us open it again (other users' pipes, some sandboxes).
Result<Ref<File>> open_again(int number, int flags) {
  FixedText<48> path;
  path.append("/proc/self/fd/");
  path.append_number(static_cast<uint64_t>(number));
  return open_on_host(AT_FDCWD, path.c_str(), flags | O_NOCTTY | O_NONBLOCK, 0);
}

Result<Ref<File>> share(Ref<HostDescriptor> descriptor, uint32_t mode, int flags) {
  switch (mode & kModeType) {
    case kModeDirectory:
      return owned(new (std::nothrow) HostDirectory(std::move(descriptor), flags));
    case kModeSocket:
      return owned(new (std::nothrow)
                       StreamFile(std::move(descriptor), flags, StreamAccess::kMessages, true));
    case kModeRegular:
    case kModeBlock:
      return owned(new (std::nothrow)
                       SeekableFile(std::move(descriptor), flags, mode, PositionKeeper::kHost));
    default:
      return owned(new (std::nothrow) StreamFile(std::move(descriptor), flags, StreamAccess::kHelper, false));
  }
}

Result<Ref<File>> inherit(HostFd fd) {
  Ref<HostDescriptor> descriptor = TRY(HostDescriptor::create(std::move(fd)));
  const uint32_t mode = TRY(host_mode(*descriptor));
  const int flags = static_cast<int>(TRY(host_call(__NR_fcntl, descriptor->number(), F_GETFL)) & INT32_MAX);
  const uint32_t type = mode & kModeType;
  if (type == kModeFifo || type == kModeCharacter) {
    Result<Ref<File>> again = open_again(descriptor->fd().number(), flags);
    if (again.ok()) {
      TRY(again.value()->set_flags(flags));  // whether it blocks for the program
      return again;
    }
  }
  return share(std::move(descriptor), mode, flags);
}

// What the runner opened itself is closed on exec; what it inherited is not, or it would not have come through its own.
bool was_inherited(int number) {
  Result<uint64_t> flags = host_call(__NR_fcntl, static_cast<uint64_t>(number), F_GETFD);
  return flags.ok() && (flags.value() & kFdCloseOnExec) == 0;
}

Result<void> install(int number, HostFd fd) {
  Ref<File> file = TRY(inherit(std::move(fd)));
  Ref<File> none;
  return fd_table().replace(number, std::move(file), false, none);
}

// Calls visit(number) for the runner's descriptors that `records`, a piece of a listing of /proc/self/fd, names.
template <typename Visit>
void visit_numbers(std::string_view records, Visit visit) {
  while (!records.empty()) {
    DirentHeader header;
    memcpy(&header, records.data(), sizeof header);
    const auto number = parse_number(records.data() + kDirentHeaderSize);
    if (number) visit(*number);
    records.remove_prefix(header.size);
  }
}

// Optional: without /proc, or beyond the limit of descriptors, the program does without.
void install_others() {
  Result<Ref<File>> listing = open_on_host(AT_FDCWD, "/proc/self/fd", O_RDONLY | O_DIRECTORY, 0);
  Text records;
  char* buffer = records.extend(kListingSize);
  if (!listing.ok() || !buffer) return;
  while (true) {
    IoVector to = IoVector::of_runtime(buffer, kListingSize);
    const size_t size = listing.value()->read_directory(to).value_or(0);
    if (size == 0) return;
    visit_numbers({buffer, size}, [](int number) {
      if (number <= kLastStandard || !was_inherited(number)) return;
      Result<HostFd> fd = HostFd::adopt(static_cast<uint64_t>(number));
      if (fd.ok()) (void)install(number, fd.take());
    });
  }
}

}  // namespace

Result<Ref<File>> open_standard_descriptor(int number) {
  if (!was_inherited(number)) return Errno(EBADF);
  return inherit(HostFd::inherited(number));
}

Result<void> install_standard_descriptors() {
  for (int number = 0; number <= kLastStandard; ++number) {
    if (was_inherited(number)) TRY(install(number, HostFd::inherited(number)));
  }
  install_others();
  return ok();
}

}  // namespace scone::file
