// Contents of the files in /proc/self (proc(5)). `thread` is a thread's number; a thread that is gone is ESRCH.
#pragma once

#include "base/result.h"
#include "enclave/file/text.h"

namespace scone::file {

Result<void> generate_auxv(Text& to, int thread);
Result<void> generate_cmdline(Text& to, int thread);
Result<void> generate_comm(Text& to, int thread);
// Renames a thread, as pthread_setname_np(3) does.
Result<void> accept_comm(std::string_view name, int thread);
Result<void> generate_environ(Text& to, int thread);
Result<void> generate_limits(Text& to, int thread);
Result<void> generate_maps(Text& to, int thread);
Result<void> generate_smaps(Text& to, int thread);
Result<void> generate_stat(Text& to, int thread);
Result<void> generate_statm(Text& to, int thread);
Result<void> generate_status(Text& to, int thread);

}  // namespace scone::file
