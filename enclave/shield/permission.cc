#include "enclave/shield/permission.h"

#include <linux/capability.h>

#include "enclave/process/own_credentials.h"
#include "enclave/sched/clock.h"

namespace scone::shield {
namespace {

constexpr uint32_t kSetGroup = 02000, kSticky = 01000;

bool in_group(const process::Credentials& who, uint32_t group) {
  if (who.groups.filesystem == group) return true;
  const process::GroupList* list = who.supplementary.get();
  for (size_t i = 0; list && i < list->count(); ++i)
    if (list->data()[i] == group) return true;
  return false;
}

}  // namespace

Result<void> may(Inode& inode, int wanted, const process::Credentials& who) {
  const Attributes attributes = inode.attributes();
  if (who.capabilities.can(CAP_DAC_OVERRIDE)) {
    const bool executable = inode.is_directory() || attributes.mode & 0111;
    return wanted & kExecute && !executable ? Errno(EACCES) : ok();
  }
  uint32_t allowed = attributes.mode;
  if (who.users.filesystem == attributes.user)
    allowed >>= 6;
  else if (in_group(who, attributes.group))
    allowed >>= 3;
  return static_cast<uint32_t>(wanted) & ~allowed & 7 ? Errno(EACCES) : ok();
}

Result<void> may(Inode& inode, int wanted) { return may(inode, wanted, process::credentials()); }

Result<void> may_remove(Inode& directory, Inode& inode) {
  const process::Credentials who = process::credentials();
  TRY(may(directory, kWrite | kExecute, who));
  const Attributes above = directory.attributes();
  if (!(above.mode & kSticky) || who.capabilities.can(CAP_FOWNER)) return ok();
  if (who.users.filesystem == above.user || who.users.filesystem == inode.attributes().user) return ok();
  return Errno(EPERM);
}

Result<void> may_change(Inode& inode, const file::AttributeChange& change) {
  const process::Credentials who = process::credentials();
  const Attributes now = inode.attributes();
  const bool owner = who.users.filesystem == now.user || who.capabilities.can(CAP_FOWNER);
  if (!owner && (change.mode || change.access_time || change.modification_time)) return Errno(EPERM);
  if (who.capabilities.can(CAP_CHOWN)) return ok();
  if (change.user && *change.user != now.user) return Errno(EPERM);
  if (change.group && *change.group != now.group && !(owner && in_group(who, *change.group)))
    return Errno(EPERM);
  return ok();
}

Attributes new_attributes(Inode& directory, uint32_t mode, uint32_t umask) {
  const process::Credentials who = process::credentials();
  const Attributes above = directory.attributes();
  const auto now = static_cast<int64_t>(sched::realtime_ns());
  Attributes result;
  result.mode = mode & 07777 & ~umask;
  result.user = who.users.filesystem;
  result.group = above.mode & kSetGroup ? above.group : who.groups.filesystem;
  result.access_time = result.modification_time = result.change_time = now;
  return result;
}

}  // namespace scone::shield
