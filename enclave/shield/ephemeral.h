// Regions that begin at each start as the volume describes them, and change in the enclave's memory only.
#pragma once

#include "enclave/shield/memory_inode.h"
#include "enclave/shield/volume_mount.h"

namespace scone::shield {

// A copy of the region's files. ENOMEM, EIO. Precondition: nobody else uses the mount.
Result<Ref<Inode>> copy_to_memory(VolumeMount& mount, const volume::Region& region, uint64_t device);

}  // namespace scone::shield
