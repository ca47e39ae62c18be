// Symbolic links of the host.
#pragma once

#include "base/result.h"
#include "enclave/file/host_descriptor.h"
#include "enclave/file/path_name.h"

namespace scone::file {

// readlinkat(2) on the host; an empty path reads a link opened with O_PATH. What the host answers, checked to be a non-empty
// string of less than PATH_MAX bytes.
Result<void> read_host_link(int host_directory, const PathName& path, PathName& target);
// Where the host sees an open file: "/etc/passwd", "pipe:[17]", with " (deleted)" at its end.
Result<void> read_descriptor_link(HostDescriptor& descriptor, PathName& target);

}  // namespace scone::file
