#include "enclave/file/open.h"

#include <asm/stat.h>
#include <asm/unistd.h>
#include <linux/fs.h>

#include <new>
#include <utility>

#include "enclave/boundary/host_buffer.h"
#include "enclave/boundary/host_call.h"
#include "enclave/boundary/round.h"
#include "enclave/file/controlling_terminal.h"
#include "enclave/file/fifo.h"
#include "enclave/file/host_directory.h"
#include "enclave/file/host_stat.h"
#include "enclave/file/look.h"
#include "enclave/file/mode.h"
#include "enclave/file/path_habits.h"
#include "enclave/file/round_cache.h"
#include "enclave/file/seekable_file.h"
#include "enclave/file/stream_file.h"

namespace scone::file {
namespace {

// Flags that concern opening only, which F_GETFL does not show (fcntl(2)).
constexpr int kOpeningFlags = O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC | O_CLOEXEC;

struct HostPlace {
  uint64_t directory;
  const HostBuffer& path;
};

// True if O_NONBLOCK, which the program did not ask for, made the difference: a FIFO without reader, a lease that is
// being broken.
bool nonblock_refused(const HostPlace& place, int flags, Errno error) {
  if (flags & (O_NONBLOCK | O_PATH)) return false;
  if (error == Errno(EAGAIN)) return true;
  return error == Errno(ENXIO) && is_host_fifo(place.directory, place.path, flags);
}

Result<HostFd> open_blocking(const HostPlace& place, int flags, uint32_t mode) {
  const uint64_t how = flags_for_host(flags) & ~static_cast<uint64_t>(O_NONBLOCK);
  HostFd fd = TRY(
      HostFd::adopt(TRY(host_call_blocking(__NR_openat, place.directory, place.path.address(), how, mode))));
  const auto number = static_cast<uint64_t>(fd.number());
  const uint64_t now = TRY(host_call(__NR_fcntl, number, F_GETFL));
  TRY(host_call(__NR_fcntl, number, F_SETFL, now | O_NONBLOCK));
  return fd;
}

Result<HostFd> open_descriptor(const HostPlace& place, int flags, uint32_t mode) {
  Result<uint64_t> fd =
      host_call(__NR_openat, place.directory, place.path.address(), flags_for_host(flags), mode);
  if (fd.ok()) return HostFd::adopt(fd.value());
  if (nonblock_refused(place, flags, fd.error())) return open_blocking(place, flags, mode);
  return fd.error();
}

template <typename Kind, typename... Arguments>
Result<Ref<File>> make(Arguments&&... arguments) {
  auto* file = new (std::nothrow) Kind(std::forward<Arguments>(arguments)...);
  if (!file) return Errno(ENOMEM);
  return Ref<File>::adopt(file);
}

bool has_position(const HostDescriptor& descriptor) {
  return host_call(__NR_lseek, descriptor.number(), 0, SEEK_CUR).ok();
}

Result<Ref<File>> make_file(Ref<HostDescriptor> descriptor, uint32_t mode, int flags) {
  flags &= ~kOpeningFlags;
  if (flags & O_PATH) return make<HostFile>(std::move(descriptor), flags);
  flags |= O_LARGEFILE;
  switch (mode & kModeType) {
    case kModeDirectory:
      return make<HostDirectory>(std::move(descriptor), flags);
    case kModeFifo:
    case kModeSocket:
      return make<StreamFile>(std::move(descriptor), flags, StreamAccess::kNonBlocking, true);
    case kModeRegular:
    case kModeBlock:
      return make<SeekableFile>(std::move(descriptor), flags, mode, PositionKeeper::kEnclave);
    default:
      if (has_position(*descriptor))
        return make<SeekableFile>(std::move(descriptor), flags, mode, PositionKeeper::kEnclave);
      return make<StreamFile>(std::move(descriptor), flags, StreamAccess::kNonBlocking, false);
  }
}

Result<Ref<File>> open_there(const HostPlace& place, int flags, uint32_t mode) {
  Ref<HostDescriptor> descriptor = TRY(HostDescriptor::create(TRY(open_descriptor(place, flags, mode))));
  const uint32_t type = TRY(host_mode(*descriptor));
  const bool waits = !(flags & (O_NONBLOCK | O_PATH)) && (flags & O_ACCMODE) == O_RDONLY;
  if (waits && (type & kModeType) == kModeFifo) TRY(wait_for_fifo_writer(*descriptor));
  return make_file(std::move(descriptor), type, flags);
}

Result<Ref<File>> open_again(round_cache::Opened& found, int flags) {
  found.descriptor->note_shared();
  return make_file(std::move(found.descriptor), found.snapshot->stat.st_mode, flags);
}

Result<Ref<File>> open_and_look(const HostPlace& place, const PathName& path, int flags, uint32_t mode) {
  const bool keep = may_be_remembered(place.directory, flags);
  const uint32_t hash = path_habits::hash(path.view());
  if (keep) {
    path_habits::note_open(hash, flags);
    if (auto found = round_cache::find_open(path.view(), flags)) return open_again(*found, flags);
  }
  const round_cache::Question question(hash);
  if (keep)  // another thread may have asked meanwhile
    if (auto found = round_cache::find_open(path.view(), flags)) return open_again(*found, flags);
  Result<round_cache::Opened> looked =
      look(question, {place.directory, place.path, path.view()}, flags, mode);
  if (!looked.ok())
    return nonblock_refused(place, flags, looked.error()) ? open_there(place, flags, mode) : looked.error();
  round_cache::Opened opened = looked.take();
  if ((flags & O_ACCMODE) != O_RDONLY) opened.descriptor->note_name(hash, opened.snapshot->stat.st_dev);
  const uint32_t type = opened.snapshot->stat.st_mode;
  const bool waits = !(flags & O_NONBLOCK) && (flags & O_ACCMODE) == O_RDONLY;
  if (waits && (type & kModeType) == kModeFifo) TRY(wait_for_fifo_writer(*opened.descriptor));
  return make_file(std::move(opened.descriptor), type, flags);
}

}  // namespace

Result<Ref<File>> adopt_host_file(HostFd fd, int flags) {
  Ref<HostDescriptor> descriptor = TRY(HostDescriptor::create(std::move(fd)));
  const uint32_t mode = TRY(host_mode(*descriptor));
  return make_file(std::move(descriptor), mode, flags);
}

Result<Ref<File>> adopt_host_stream(HostFd fd, int flags) {
  Ref<HostDescriptor> descriptor = TRY(HostDescriptor::create(std::move(fd)));
  return make<StreamFile>(std::move(descriptor), flags, StreamAccess::kNonBlocking, false);
}

Result<Ref<File>> open_on_host(int host_directory, const char* path, int flags, uint32_t mode) {
  HostBuffer name = TRY(HostBuffer::string(path));
  return open_there({static_cast<uint64_t>(host_directory), name}, flags, mode);
}

Follow follow_when_opening(int flags) {
  const bool exclusive = (flags & (O_CREAT | O_EXCL)) == (O_CREAT | O_EXCL);
  return flags & O_NOFOLLOW || exclusive ? Follow::kNo : Follow::kYes;
}

Result<Ref<File>> open_place(Place& place, int flags, uint32_t mode) {
  constexpr std::string_view kTerminal = "/dev/tty";
  if (controlling_terminal && (place.path().view() == kTerminal || place.program_path() == kTerminal))
    return controlling_terminal(flags);
  if (place.node()) return place.node()->open(flags, mode);
  HostBuffer name = TRY(place.path_argument());
  const HostPlace there{place.directory_argument(), name};
  const bool looks = boundary::batching() && !(flags & O_PATH);
  Ref<File> file = TRY(looks ? open_and_look(there, place.path(), flags, mode) : open_there(there, flags, mode));
  // Paths relative to it may lead into a region.
  if (!place.program_path().empty()) TRY(file->as_host_file()->set_program_path(place.program_path()));
  return file;
}

Result<Ref<File>> open_at(int directory, std::string_view path, int flags, uint32_t mode) {
  Place place;
  TRY(place.find(directory, path, follow_when_opening(flags)));
  return open_place(place, flags, mode);
}

}  // namespace scone::file
