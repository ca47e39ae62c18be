#include "enclave/loader/start.h"

#include <linux/errno.h>

#include <new>

#include "enclave/loader/program_load.h"
#include "enclave/mm/program.h"

namespace scone::loader {
namespace {

Result<Entry> load(ProgramLoad& program, const char* path, const char* const* argv, const char* const* envp,
                   Reason& why) {
  TRY(program.prepare(path, argv, envp, why));
  return program.commit(why);
}

}  // namespace

boundary::Line& operator<<(boundary::Line& line, const LoadError& error) {
  line << describe(error.reason);
  if (error.reason == Reason::kNoMemory)
    line << " (now " << (mm::program().heap_limit_pages() >> 8) << " MiB)";
  return line;
}

Result<Entry> load_program(const char* path, const char* const* argv, const char* const* envp,
                           LoadError& error) {
  auto* program = new (std::nothrow) ProgramLoad;
  if (!program) return refuse(Reason::kNoMemory, error.reason);
  auto entry = load(*program, path, argv, envp, error.reason);
  delete program;
  if (!entry.ok() && error.reason == Reason::kNone) error.reason = to_reason(entry.error());
  return entry;
}

}  // namespace scone::loader
