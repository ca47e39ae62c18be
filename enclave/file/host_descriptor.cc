#include "enclave/file/host_descriptor.h"

#include <asm/unistd.h>

#include "enclave/process/thread_list.h"

namespace scone::file {

Result<void> HostDescriptor::sync(bool data_only) {
  return sync_.perform(data_only ? __NR_fdatasync : __NR_fsync, number(), process::threads().count() == 1);
}

}  // namespace scone::file
