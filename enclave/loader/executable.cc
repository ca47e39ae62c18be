#include "enclave/loader/executable.h"

#include <asm/stat.h>
#include <linux/capability.h>
#include <linux/errno.h>
#include <linux/fcntl.h>

#include "enclave/file/host_file.h"
#include "enclave/file/host_link.h"
#include "enclave/file/mode.h"
#include "enclave/file/open.h"
#include "enclave/process/own_credentials.h"

namespace scone::loader {
namespace {

bool in_group(const process::Credentials& credentials, uint32_t group) {
  if (credentials.groups.filesystem == group) return true;
  const process::GroupList* list = credentials.supplementary.get();
  for (size_t i = 0; list && i < list->count(); ++i)
    if (list->data()[i] == group) return true;
  return false;
}

// path_resolution(7): one of the three x bits is ours; who overrides permissions needs any of them.
bool may_execute(const struct ::stat& status) {
  const process::Credentials credentials = process::credentials();
  if (credentials.capabilities.can(CAP_DAC_OVERRIDE)) return status.st_mode & 0111;
  if (credentials.users.filesystem == status.st_uid) return status.st_mode & 0100;
  if (in_group(credentials, status.st_gid)) return status.st_mode & 0010;
  return status.st_mode & 0001;
}

Result<void> check_file(file::File& file, Reason& why) {
  struct ::stat status;
  TRY(file.stat(status));
  const uint32_t type = status.st_mode & file::kModeType;
  if (type == file::kModeDirectory) return refuse(Reason::kDirectory, why);
  if (type != file::kModeRegular) return refuse(Reason::kNotRegularFile, why);
  if (!may_execute(status)) return refuse(Reason::kNoPermission, why);
  return ok();
}

// The interpreter's path stands in the file, NUL-terminated.
Result<void> read_interpreter_name(Executable& program, file::PathName& path, Reason& why) {
  const FileRange where = *program.image.interpreter;
  FileBytes storage = TRY(FileBytes::allocate(where.size));
  std::span<const uint8_t> bytes = TRY(storage.read(*program.backing, where.offset, where.size));
  if (bytes.size() != where.size) return refuse(Reason::kTruncated, why);
  if (bytes.back() != '\0' || bytes.front() == '\0') return refuse(Reason::kBadInterpreterName, why);
  // SAFETY: bytes seen as characters; a NUL ends them.
  return path.set(reinterpret_cast<const char*>(bytes.data()));
}

}  // namespace

Result<void> open_executable(const char* path, Executable& executable, Reason& why) {
  // Without O_NONBLOCK a FIFO would block; execve(2) never does.
  executable.file = TRY(file::open_at(AT_FDCWD, path, O_RDONLY | O_NONBLOCK | O_CLOEXEC, 0));
  TRY(check_file(*executable.file, why));
  executable.backing = TRY(executable.file->backing(false));
  return ok();
}

Reason interpreter_reason(Errno error) {
  if (error == Errno(ENOMEM)) return Reason::kNoMemory;
  const bool missing = error == Errno(ENOENT) || error == Errno(ENOTDIR);
  return missing ? Reason::kInterpreterNotFound : Reason::kInterpreterUnusable;
}

Result<void> open_interpreter(Executable& program, Executable& interpreter, Reason& why) {
  file::PathName path;
  TRY(read_interpreter_name(program, path, why));
  auto opened = open_executable(path.c_str(), interpreter, why);
  if (!opened.ok()) {
    why = interpreter_reason(opened.error());
    return opened.error();
  }
  auto read = read_image(*interpreter.backing, interpreter.image, why);
  if (!read.ok() && read.error() == Errno(ENOEXEC)) return refuse(Reason::kInterpreterUnusable, why);
  return read;
}

Result<void> find_path(Executable& executable, file::PathName& path) {
  file::HostFile* file = executable.file->as_host_file();
  if (!file) return path.set(executable.file->name());
  return file::read_descriptor_link(*file->descriptor(), path);
}

}  // namespace scone::loader
