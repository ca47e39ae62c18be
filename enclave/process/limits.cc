#include "enclave/process/limits.h"

#include <linux/errno.h>

namespace scone::process {

Result<void> check_limit(unsigned resource, const Limit& old, const Limit& wanted, bool privileged) {
  if (resource >= RLIM_NLIMITS || wanted.soft > wanted.hard) return Errno(EINVAL);
  if (resource == RLIMIT_NOFILE && wanted.hard > kMostDescriptors) return Errno(EPERM);
  if (wanted.hard > old.hard && !privileged) return Errno(EPERM);
  return ok();
}

}  // namespace scone::process
