// Which paths the enclave answers itself.
#pragma once

#include "base/result.h"
#include "enclave/file/path_name.h"
#include "enclave/file/proc_node.h"

namespace scone::file {

// Looks at an absolute path. True: it names `node`. False: the host is asked, about `path`, which may have been changed
// (/proc/self/exe becomes the program's file, /proc/self/fd/N the runner's descriptor). ENOENT, ENOTDIR.
//
// Recognised are /proc/self, /proc/thread-self, /proc/<own pid>, /dev/fd, /dev/std{in,out,err}, however many slashes and dots
// are in between. A path that only leads there through the host's symbolic links or from the current directory is not.
Result<bool> find_in_proc(PathName& path, bool follow, ProcNode& node);

}  // namespace scone::file
