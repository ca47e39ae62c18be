#include "enclave/file/proc_thread.h"

#include <linux/errno.h>

#include "base/min_max.h"
#include "enclave/file/program_facts.h"
#include "enclave/process/thread_list.h"
#include "enclave/runtime/memory.h"

namespace scone::file {

Result<void> ThreadName::read(int thread) {
  const Ref<sched::Lthread> found = process::threads().find(thread);
  if (!found) return Errno(ESRCH);
  // Written by the thread itself at any time: what is read may be half of each, but ends.
  memcpy(text_, found->name, sizeof text_ - 1);
  size_ = strlen(text_);
  if (size_ > 0) return ok();
  const std::string_view path = program_path();
  const std::string_view file = path.substr(path.rfind('/') + 1).substr(0, sizeof text_ - 1);
  memcpy(text_, file.data(), file.size());
  size_ = file.size();
  return ok();
}

Result<void> rename_thread(int thread, std::string_view name) {
  const Ref<sched::Lthread> found = process::threads().find(thread);
  if (!found) return Errno(ESRCH);
  char text[sizeof found->name] = {};
  memcpy(text, name.data(), min_of(name.size(), sizeof text - 1));
  memcpy(found->name, text, sizeof text);
  return ok();
}

}  // namespace scone::file
