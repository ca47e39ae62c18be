#include "enclave/file/proc_files.h"

#include <linux/fs.h>

#include "enclave/boundary/app_ptr.h"
#include "enclave/file/fd_table.h"
#include "enclave/file/proc_table.h"
#include "enclave/file/proc_thread.h"
#include "enclave/file/program_facts.h"
#include "enclave/process/limits.h"

namespace scone::file {
namespace {

// As the kernel, what can be read of [begin, end) counts, even if the program unmapped some of it.
Result<void> append_program_memory(Text& to, uint64_t begin, uint64_t end) {
  constexpr size_t kPiece = 4096;
  while (begin < end) {
    const size_t size = end - begin < kPiece ? end - begin : kPiece;
    const size_t before = to.view().size();
    char* place = to.extend(size);
    if (!place) return Errno(ENOMEM);
    if (!boundary::copy_from_app(place, AppPtr<const void>(begin), size).ok()) {
      to.truncate(before);
      return ok();
    }
    begin += size;
  }
  return ok();
}

struct LimitRow {
  unsigned resource;
  std::string_view name, unit;
};
// In the kernel's order and words.
constexpr LimitRow kLimits[] = {
    {RLIMIT_CPU, "Max cpu time", "seconds"},         {RLIMIT_FSIZE, "Max file size", "bytes"},
    {RLIMIT_DATA, "Max data size", "bytes"},         {RLIMIT_STACK, "Max stack size", "bytes"},
    {RLIMIT_CORE, "Max core file size", "bytes"},    {RLIMIT_RSS, "Max resident set", "bytes"},
    {RLIMIT_NPROC, "Max processes", "processes"},    {RLIMIT_NOFILE, "Max open files", "files"},
    {RLIMIT_MEMLOCK, "Max locked memory", "bytes"},  {RLIMIT_AS, "Max address space", "bytes"},
    {RLIMIT_LOCKS, "Max file locks", "locks"},       {RLIMIT_SIGPENDING, "Max pending signals", "signals"},
    {RLIMIT_MSGQUEUE, "Max msgqueue size", "bytes"}, {RLIMIT_NICE, "Max nice priority", ""},
    {RLIMIT_RTPRIO, "Max realtime priority", ""},    {RLIMIT_RTTIME, "Max realtime timeout", "us"},
};

void append_padded(Text& to, std::string_view text, size_t width) {
  to.append(text);
  if (text.size() < width) to.append_repeated(' ', width - text.size());
}

void append_limit(Text& to, uint64_t value) {
  FixedText<24> text;
  if (value == UINT64_MAX)
    text.append("unlimited");
  else
    text.append_number(value);
  append_padded(to, text.view(), 21);
}

}  // namespace

Result<void> generate_auxv(Text& to, int) {
  return append_program_memory(to, program_facts().auxiliary_begin, program_facts().auxiliary_end);
}

Result<void> generate_cmdline(Text& to, int) {
  return append_program_memory(to, program_facts().arguments_begin, program_facts().arguments_end);
}

Result<void> generate_environ(Text& to, int) {
  return append_program_memory(to, program_facts().environment_begin, program_facts().environment_end);
}

Result<void> generate_comm(Text& to, int thread) {
  ThreadName name;
  TRY(name.read(thread));
  to.append(name.view());
  to.append("\n");
  return ok();
}

Result<void> accept_comm(std::string_view name, int thread) { return rename_thread(thread, name); }

Result<void> generate_limits(Text& to, int) {
  append_padded(to, "Limit", 26);
  append_padded(to, "Soft Limit", 21);
  append_padded(to, "Hard Limit", 21);
  append_padded(to, "Units", 10);
  to.append("\n");
  for (const LimitRow& row : kLimits) {
    const process::Limit limit = process::limit(row.resource);
    append_padded(to, row.name, 26);
    append_limit(to, limit.soft);
    append_limit(to, limit.hard);
    append_padded(to, row.unit, row.unit.empty() ? 0 : 10);
    to.append("\n");
  }
  return ok();
}

Result<void> generate_descriptor_info(Text& to, int descriptor) {
  Result<Ref<File>> file = fd_table().get(descriptor);
  if (!file.ok()) return Errno(ENOENT);
  const bool on_exec = fd_table().close_on_exec(descriptor).value_or(false);
  to.append("pos:\t");
  to.append_number(file.value()->seek(0, SEEK_CUR).value_or(0));
  to.append("\nflags:\t0");
  to.append_octal(static_cast<uint64_t>(file.value()->flags() | (on_exec ? O_CLOEXEC : 0)));
  to.append("\nmnt_id:\t0\n");
  return ok();
}

}  // namespace scone::file
