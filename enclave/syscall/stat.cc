#include "enclave/syscall/stat.h"

#include <asm/stat.h>
#include <asm/statfs.h>
#include <asm/unistd.h>
#include <linux/stat.h>

#include "enclave/boundary/host_call.h"
#include "enclave/boundary/round.h"
#include "enclave/file/fd_table.h"
#include "enclave/file/foresight.h"
#include "enclave/file/host_file.h"
#include "enclave/file/host_stat.h"
#include "enclave/file/look.h"
#include "enclave/file/path_habits.h"
#include "enclave/file/place.h"
#include "enclave/file/round_cache.h"

namespace scone::syscall {
namespace {

using file::fd_table;
using file::File;
using file::Follow;
using file::Place;

constexpr int kStatFlags = AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | AT_EMPTY_PATH;

Follow follow_of(int flags) { return flags & AT_SYMLINK_NOFOLLOW ? Follow::kNo : Follow::kYes; }

// With AT_EMPTY_PATH and an empty path a descriptor of any kind is meant, which C libraries make of fstat(3). A null path is
// allowed since Linux 6.11. AT_FDCWD is left to the host.
Result<bool> means_descriptor(int directory, AppPtr<const char> path, int flags) {
  if (!(flags & AT_EMPTY_PATH) || directory < 0) return false;
  return !path || TRY(boundary::read_app(path)) == '\0';
}

// Programs that look at a file before they open it get both by one crossing. False: it has to be asked for.
bool stat_by_opening(const file::round_cache::Question& question, Place& place, const HostBuffer& path,
                     struct ::stat& result) {
  const auto flags = file::path_habits::expected_open(file::path_habits::hash(place.path().view()));
  if (!flags) return false;
  auto opened = file::look(question, {place.directory_argument(), path, place.path().view()}, *flags, 0);
  if (opened.ok()) result = opened.value().snapshot->stat;
  return opened.ok();
}

// From what was asked behind a lock.
std::optional<file::foresight::Answer> known_stat(std::string_view path, int flags) {
  const auto inquiry = file::foresight::Inquiry::stat_path(path, static_cast<uint64_t>(flags));
  return inquiry ? file::foresight::find(*inquiry) : std::nullopt;
}

Result<void> host_statat(Place& place, int flags, struct ::stat& result) {
  namespace cache = file::round_cache;
  const bool plain = place.host_directory() == AT_FDCWD;
  const std::string_view name = place.path().view();
  if (plain)
    if (auto known = cache::find_stat(name, flags, result)) return *known;
  if (plain && file::foresight::is_of_use())
    if (auto known = known_stat(name, flags)) {
      Result<uint64_t> there = boundary::check_result(known->result);
      if (!there.ok() && there.error() == Errno(ENOENT)) cache::remember_absent({}, name, flags);
      TRY(there);
      file::read_host_stat(known->bytes, result);
      cache::remember_stat({}, name, flags, result);
      return ok();
    }
  // Not to be taken for an open of the same name.
  const cache::Question question(~file::path_habits::hash(name));
  if (plain)  // another thread may have asked meanwhile
    if (auto known = cache::find_stat(name, flags, result)) return *known;
  HostBuffer path = TRY(place.path_argument());
  if (!plain || flags != 0 || !boundary::batching() || !stat_by_opening(question, place, path, result)) {
    HostBuffer answer = TRY(HostBuffer::allocate(file::kHostStatSize));
    Result<uint64_t> asked = question.ask(__NR_newfstatat, place.directory_argument(), path.address(),
                                          answer.address(), static_cast<uint64_t>(flags));
    if (plain && !asked.ok() && asked.error() == Errno(ENOENT)) cache::remember_absent(question, name, flags);
    TRY(asked);
    file::read_host_stat(answer, result);
  }
  if (plain) cache::remember_stat(question, name, flags, result);
  return ok();
}

Result<void> stat_path(int directory, AppPtr<const char> path, int flags, struct ::stat& result) {
  Place place;
  TRY(place.find(directory, path, follow_of(flags)));
  return place.node() ? place.node()->stat(result) : host_statat(place, flags, result);
}

Result<void> host_statxat(uint64_t directory, const HostBuffer& path, int flags, uint32_t mask,
                          struct ::statx& result) {
  HostBuffer answer = TRY(HostBuffer::allocate(file::kHostStatxSize));
  TRY(host_call(__NR_statx, directory, path.address(), static_cast<uint64_t>(flags), mask, answer.address()));
  file::read_host_statx(answer, result);
  return ok();
}

Result<void> statx_descriptor(int fd, int flags, uint32_t mask, struct ::statx& result) {
  Ref<File> file = TRY(fd_table().get(fd));
  if (file::HostFile* host = file->as_host_file()) {
    HostBuffer empty = TRY(HostBuffer::string(""));
    return host_statxat(host->number(), empty, flags, mask, result);
  }
  struct ::stat stat;
  TRY(file->stat(stat));
  file::to_statx(stat, result);
  return ok();
}

Result<void> statx_path(int directory, AppPtr<const char> path, int flags, uint32_t mask,
                        struct ::statx& result) {
  Place place;
  TRY(place.find(directory, path, follow_of(flags)));
  if (!place.node()) {
    HostBuffer name = TRY(place.path_argument());
    return host_statxat(place.directory_argument(), name, flags, mask, result);
  }
  struct ::stat stat;
  TRY(place.node()->stat(stat));
  file::to_statx(stat, result);
  return ok();
}

Result<void> copy_host_statfs(const HostBuffer& buffer, AppPtr<struct ::statfs> result) {
  struct ::statfs answer;
  file::read_host_statfs(buffer, answer);
  return boundary::write_app(result, answer);
}

}  // namespace

Result<int> sys_stat(AppPtr<const char> path, AppPtr<struct ::stat> result) {
  return sys_newfstatat(AT_FDCWD, path, result, 0);
}

Result<int> sys_lstat(AppPtr<const char> path, AppPtr<struct ::stat> result) {
  return sys_newfstatat(AT_FDCWD, path, result, AT_SYMLINK_NOFOLLOW);
}

Result<int> sys_fstat(int fd, AppPtr<struct ::stat> result) {
  struct ::stat stat;
  TRY(TRY(fd_table().get(fd))->stat(stat));
  TRY(boundary::write_app(result, stat));
  return 0;
}

Result<int> sys_newfstatat(int directory, AppPtr<const char> path, AppPtr<struct ::stat> result, int flags) {
  if (flags & ~kStatFlags) return Errno(EINVAL);
  if (TRY(means_descriptor(directory, path, flags))) return sys_fstat(directory, result);
  struct ::stat stat;
  TRY(stat_path(directory, path, flags, stat));
  TRY(boundary::write_app(result, stat));
  return 0;
}

Result<int> sys_statx(int directory, AppPtr<const char> path, int flags, uint32_t mask,
                      AppPtr<struct ::statx> result) {
  if (flags & ~(kStatFlags | AT_STATX_SYNC_TYPE) || mask & STATX__RESERVED) return Errno(EINVAL);
  struct ::statx answer;
  if (TRY(means_descriptor(directory, path, flags)))
    TRY(statx_descriptor(directory, flags, mask, answer));
  else
    TRY(statx_path(directory, path, flags, mask, answer));
  TRY(boundary::write_app(result, answer));
  return 0;
}

Result<int> sys_access(AppPtr<const char> path, int mode) { return sys_faccessat(AT_FDCWD, path, mode); }

Result<int> sys_faccessat(int directory, AppPtr<const char> path, int mode) {
  return sys_faccessat2(directory, path, mode, 0);
}

Result<int> sys_faccessat2(int directory, AppPtr<const char> path, int mode, int flags) {
  if (mode & ~7 || flags & ~(AT_EACCESS | AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH)) return Errno(EINVAL);
  if (TRY(means_descriptor(directory, path, flags)) && !TRY(fd_table().get(directory))->as_host_file())
    return 0;
  Place place;
  TRY(place.find(directory, path, follow_of(flags)));
  if (place.node()) {
    TRY(place.node()->access(mode));
    return 0;
  }
  HostBuffer name = TRY(place.path_argument());
  // Older kernels have faccessat only.
  const uint64_t call = flags == 0 ? __NR_faccessat : __NR_faccessat2;
  TRY(host_call(call, place.directory_argument(), name.address(), static_cast<uint64_t>(mode),
                static_cast<uint64_t>(flags)));
  return 0;
}

Result<int> sys_statfs(AppPtr<const char> path, AppPtr<struct ::statfs> result) {
  Place place;
  TRY(place.find(AT_FDCWD, path, Follow::kYes));
  if (place.node()) {
    struct ::statfs answer;
    TRY(place.node()->statfs(answer));
    TRY(boundary::write_app(result, answer));
    return 0;
  }
  HostBuffer name = TRY(place.path_argument());
  HostBuffer answer = TRY(HostBuffer::allocate(file::kHostStatfsSize));
  TRY(host_call(__NR_statfs, name.address(), answer.address()));
  TRY(copy_host_statfs(answer, result));
  return 0;
}

Result<int> sys_fstatfs(int fd, AppPtr<struct ::statfs> result) {
  Ref<File> file = TRY(fd_table().get(fd));
  file::HostFile* host = file->as_host_file();
  if (!host) {
    struct ::statfs answer;
    TRY(file->statfs(answer));
    TRY(boundary::write_app(result, answer));
    return 0;
  }
  HostBuffer answer = TRY(HostBuffer::allocate(file::kHostStatfsSize));
  TRY(host_call(__NR_fstatfs, host->number(), answer.address()));
  TRY(copy_host_statfs(answer, result));
  return 0;
}

}  // namespace scone::syscall
