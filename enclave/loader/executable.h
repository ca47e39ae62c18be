// The file of a program.
#pragma once

#include <span>

#include "base/ref.h"
#include "base/result.h"
#include "enclave/file/file.h"
#include "enclave/file/path_name.h"
#include "enclave/loader/elf_image.h"
#include "enclave/loader/reason.h"
#include "enclave/mm/backing.h"

namespace scone::loader {

// A regular file that may be executed. Large: meant for the heap.
struct Executable {
  Ref<file::File> file;
  Ref<mm::Backing> backing;
  ElfImage image;  // once read_image() has filled it
};

// Opens the file without looking at its contents. EACCES, ENOENT, ENOTDIR, ELOOP, ENOMEM, …
Result<void> open_executable(const char* path, Executable& executable, Reason& why);

// For an interpreter, of a program or a script, that could not be opened: the reason that names the culprit.
Reason interpreter_reason(Errno error);

// Opens and reads the dynamic loader that `program` names. Precondition: it names one. ENOENT, ELIBBAD, …
Result<void> open_interpreter(Executable& program, Executable& interpreter, Reason& why);

// Where the file is, as the host says: absolute, without symbolic links.
Result<void> find_path(Executable& executable, file::PathName& path);

}  // namespace scone::loader
