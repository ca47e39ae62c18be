#include "enclave/loader/reason.h"

#include <linux/errno.h>

#include <iterator>

namespace scone::loader {
namespace {

struct Row {
  int error;
  int status;
  const char* text;
};

constexpr int kCannotRun = 126;
constexpr int kNoSuchProgram = 127;

// In the order of the enumerators.
constexpr Row kRows[] = {
    {0, 0, "no error"},
    {ENOENT, kNoSuchProgram, "no such file"},
    {ENOTDIR, kCannotRun, "a part of the path is not a directory"},
    {EACCES, kCannotRun, "permission denied"},
    {EACCES, kCannotRun, "is a directory"},
    {EACCES, kCannotRun, "is not a regular file"},
    {ENAMETOOLONG, kCannotRun, "the path is too long"},
    {ELOOP, kCannotRun, "too many symbolic links"},
    {EIO, kCannotRun, "cannot be read"},
    {ENOEXEC, kCannotRun, "not a program: the file is empty"},
    {ENOEXEC, kCannotRun, "not a program: neither an ELF file nor a script that starts with #!"},
    {ENOEXEC, kCannotRun, "the ELF file is truncated"},
    {ENOEXEC, kCannotRun, "a 32-bit program: only 64-bit x86 programs can run"},
    {ENOEXEC, kCannotRun, "built for another kind of processor: only x86-64 programs can run"},
    {ENOEXEC, kCannotRun, "an ELF file, but not a program (object file or core dump)"},
    {ENOEXEC, kCannotRun, "the ELF headers are damaged"},
    {ENOEXEC, kCannotRun, "the ELF file has no loadable segment"},
    {ENOEXEC, kCannotRun, "linked to addresses that the enclave does not give to programs"},
    {ENOEXEC, kCannotRun, "the ELF file names its dynamic loader in a damaged way"},
    {ENOENT, kNoSuchProgram, "the interpreter that the file names does not exist"},
    {ELIBBAD, kCannotRun, "the interpreter that the file names cannot be used"},
    {ENOEXEC, kCannotRun, "the #! line names no interpreter"},
    {ELOOP, kCannotRun, "too many levels of script interpreters"},
    {E2BIG, kCannotRun, "the arguments and environment are too long"},
    {ENOMEM, kCannotRun, "needs more memory than the heap limit allows: raise it with --heap or SCONE_HEAP"},
    {EIO, kCannotRun, "the processor gives no random numbers"},
    {EINVAL, kCannotRun, "cannot be loaded"},
};
static_assert(std::size(kRows) == static_cast<size_t>(Reason::kOther) + 1);

const Row& row(Reason reason) { return kRows[static_cast<size_t>(reason)]; }

}  // namespace

Errno to_errno(Reason reason) { return Errno(row(reason).error); }
const char* describe(Reason reason) { return row(reason).text; }
int exit_status(Reason reason) { return row(reason).status; }

Reason to_reason(Errno error) {
  switch (error.code()) {
    case ENOENT:
      return Reason::kNotFound;
    case ENOTDIR:
      return Reason::kNotADirectory;
    case EACCES:
    case EPERM:
      return Reason::kNoPermission;
    case EISDIR:
      return Reason::kDirectory;
    case ENODEV:
    case ENXIO:
      return Reason::kNotRegularFile;
    case ENAMETOOLONG:
      return Reason::kPathTooLong;
    case ELOOP:
      return Reason::kPathLoop;
    case EIO:
      return Reason::kUnreadable;
    case ENOMEM:
      return Reason::kNoMemory;
    case E2BIG:
      return Reason::kArgumentsTooLong;
    default:
      return Reason::kOther;
  }
}

}  // namespace scone::loader
