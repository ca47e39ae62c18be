#include "enclave/file/look.h"

#include <asm/stat.h>
#include <linux/fcntl.h>

#include <new>
#include <utility>

#include "abi/border.h"
#include "enclave/file/host_stat.h"
#include "enclave/file/mode.h"
#include "enclave/file/path_habits.h"

namespace scone::file {
namespace {

// Whether the host says that it left the whole file in the answer.
bool holds_content(const Snapshot& snapshot) {
  const auto read = snapshot.answer.get<int64_t>(offsetof(abi::OpenAnswer, content_size));
  return read >= 0 && read == snapshot.stat.st_size &&
         static_cast<uint64_t>(read) <= snapshot.answer.size() - sizeof(abi::OpenAnswer);
}

}  // namespace

uint64_t flags_for_host(int flags) {
  // Nothing may block an ethread, signals about I/O are not for the runner, and no child of it gets the descriptor.
  const int added = flags & O_PATH ? O_CLOEXEC : O_CLOEXEC | O_NONBLOCK;
  return static_cast<uint64_t>((flags & ~FASYNC) | added);
}

bool may_be_remembered(uint64_t directory, int flags) {
  constexpr int kHarmless = O_CLOEXEC | O_NONBLOCK | O_LARGEFILE | O_NOCTTY | O_NOFOLLOW;
  return directory == static_cast<uint64_t>(AT_FDCWD) && (flags & ~kHarmless) == O_RDONLY;
}

Result<round_cache::Opened> look(const round_cache::Question& question, const LookedAt& place, int flags,
                                 uint32_t mode) {
  const bool keep = may_be_remembered(place.directory, flags);
  auto* object = new (std::nothrow) Snapshot;
  if (!object) return Errno(ENOMEM);
  Ref<Snapshot> snapshot = Ref<Snapshot>::adopt(object);
  snapshot->path_hash = path_habits::hash(place.name);
  const uint64_t content = keep ? path_habits::read_size(snapshot->path_hash) : 0;
  snapshot->answer = TRY(HostBuffer::allocate(sizeof(abi::OpenAnswer) + content));
  const uint64_t fd = TRY(question.ask(static_cast<uint64_t>(abi::RunnerCall::kOpenAndLook), place.directory,
                                       place.path.address(), flags_for_host(flags), mode,
                                       snapshot->answer.address(), snapshot->answer.size()));
  round_cache::Opened opened{TRY(HostDescriptor::create(TRY(HostFd::adopt(fd)))), std::move(snapshot)};
  read_host_stat(opened.snapshot->answer, opened.snapshot->stat);
  note_size(*opened.descriptor, opened.snapshot->stat);
  if ((opened.snapshot->stat.st_mode & kModeType) != kModeRegular) return opened;
  opened.snapshot->content_offset = sizeof(abi::OpenAnswer);
  opened.snapshot->has_content = content > 0 && holds_content(*opened.snapshot);
  if (keep)
    round_cache::remember_open(question, place.name, flags, opened);
  else
    round_cache::remember_stat(question, *opened.descriptor, opened.snapshot->stat);
  return opened;
}

}  // namespace scone::file
