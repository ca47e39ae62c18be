#include "enclave/file/change_directory.h"

#include <asm/unistd.h>

#include "enclave/boundary/host_buffer.h"
#include "enclave/boundary/host_call.h"
#include "enclave/file/regions.h"

namespace scone::file {

Result<void> change_directory(Place& place) {
  if (place.node()) return place.node()->enter();
  HostBuffer name = TRY(place.path_argument());
  TRY(host_call(__NR_chdir, name.address()));
  return regions ? regions->entered(place.program_path()) : ok();
}

}  // namespace scone::file
