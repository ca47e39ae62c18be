#include "enclave/file/standard_descriptors.h"

#include <asm/unistd.h>

#include <new>

#include "enclave/boundary/host_call.h"
#include "enclave/file/fd_table.h"
#include "enclave/file/host_directory.h"
#include "enclave/file/host_stat.h"
#include "enclave/file/mode.h"
#include "enclave/file/open.h"
#include "enclave/file/seekable_file.h"
#include "enclave/file/stream_file.h"
#include "enclave/file/text.h"

namespace scone::file {
namespace {

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

Result<Ref<File>> share(int number, uint32_t mode, int flags) {
  Ref<HostDescriptor> descriptor = TRY(HostDescriptor::create(HostFd::inherited(number)));
  switch (mode & kModeType) {
    case kModeDirectory:
      return owned(new (std::nothrow) HostDirectory(std::move(descriptor), flags));
    case kModeSocket:
      return owned(new (std::nothrow) StreamFile(std::move(descriptor), flags, StreamAccess::kMessages, true));
    case kModeRegular:
    case kModeBlock:
      return owned(new (std::nothrow) SeekableFile(std::move(descriptor), flags, mode, PositionKeeper::kHost));
    default:
      return owned(new (std::nothrow) StreamFile(std::move(descriptor), flags, StreamAccess::kHelper, false));
  }
}

Result<Ref<File>> inherit(int number) {
  Ref<HostDescriptor> descriptor = TRY(HostDescriptor::create(HostFd::inherited(number)));
  const uint32_t mode = TRY(host_mode(*descriptor));
  const int flags = static_cast<int>(TRY(host_call(__NR_fcntl, descriptor->number(), F_GETFL)) & INT32_MAX);
  const uint32_t type = mode & kModeType;
  if (type == kModeFifo || type == kModeCharacter) {
    Result<Ref<File>> again = open_again(number, flags);
    if (again.ok()) {
      TRY(again.value()->set_flags(flags));  // whether it blocks for the program
      return again;
    }
  }
  return share(number, mode, flags);
}

}  // namespace

Result<void> install_standard_descriptors() {
  for (int number = 0; number <= 2; ++number) {
    Result<Ref<File>> file = inherit(number);
    if (!file.ok()) {
      if (file.error() == Errno(EBADF)) continue;
      return file.error();
    }
    Ref<File> none;
    TRY(fd_table().replace(number, file.take(), false, none));
  }
  return ok();
}

}  // namespace scone::file
