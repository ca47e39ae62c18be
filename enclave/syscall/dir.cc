#include "enclave/syscall/dir.h"

#include <asm/unistd.h>

#include "enclave/boundary/host_call.h"
#include "enclave/file/change_directory.h"
#include "enclave/file/fd_table.h"
#include "enclave/file/host_file.h"
#include "enclave/file/place.h"
#include "enclave/file/regions.h"

// The current directory is the runner's: there is one program in it, and the host resolves the paths.

namespace scone::syscall {
namespace {

// "(unreachable)/…": the directory is outside the root (getcwd(2)).
constexpr std::string_view kUnreachable = "(unreachable)";

Result<void> host_current_directory(file::PathName& path) {
  HostBuffer answer = TRY(HostBuffer::allocate(PATH_MAX));
  const uint64_t result = TRY(host_call(__NR_getcwd, answer.address(), answer.size()));
  const size_t length = boundary::check_count(result, answer.size());
  if (length == 0) boundary::host_violation("getcwd: an empty path");
  TRY(path.read_from(answer, length - 1));
  const std::string_view text = path.view();
  const bool is_path = text.starts_with('/') || text.starts_with(kUnreachable);
  if (!is_path || text.find('\0') != std::string_view::npos) boundary::host_violation("getcwd: not a path");
  return ok();
}

}  // namespace

Result<size_t> sys_getdents64(int fd, AppPtr<void> buffer, uint32_t size) {
  Ref<file::File> file = TRY(file::fd_table().get(fd));
  if (!file->readable()) return Errno(EBADF);
  file::IoVector to(buffer, size);
  return file->read_directory(to);
}

Result<size_t> sys_getcwd(AppPtr<char> buffer, size_t size) {
  file::PathName path;
  TRY(file::regions ? file::regions->current_directory(path) : host_current_directory(path));
  const size_t length = path.size() + 1;
  if (size < length) return Errno(ERANGE);
  TRY(boundary::copy_to_app(buffer.cast<void>(), path.c_str(), length));
  return length;
}

Result<int> sys_chdir(AppPtr<const char> path) {
  file::Place place;
  TRY(place.find(AT_FDCWD, path, file::Follow::kYes));
  TRY(file::change_directory(place));
  return 0;
}

Result<int> sys_fchdir(int fd) {
  Ref<file::File> file = TRY(file::fd_table().get(fd));
  file::HostFile* host = file->as_host_file();
  if (!host) {
    TRY(file->enter());
    return 0;
  }
  TRY(host_call(__NR_fchdir, host->number()));
  if (file::regions) TRY(file::regions->entered(file->program_path()));
  return 0;
}

}  // namespace scone::syscall
