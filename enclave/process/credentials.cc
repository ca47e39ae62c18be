#include "enclave/process/credentials.h"

#include <linux/capability.h>
#include <linux/errno.h>

namespace scone::process {
namespace {

// commit_creds() of the kernel: a process that changed identity is not to be dumped or ended by its old parent's death.
void note_change(Credentials& credentials) {
  credentials.dumpable = false;
  credentials.parent_death_signal = 0;
}

// Capabilities about files, which follow fsuid.
constexpr uint64_t kFileCapabilities = uint64_t{1} << CAP_CHOWN | uint64_t{1} << CAP_MKNOD |
                                       uint64_t{1} << CAP_DAC_OVERRIDE | uint64_t{1} << CAP_DAC_READ_SEARCH |
                                       uint64_t{1} << CAP_FOWNER | uint64_t{1} << CAP_FSETID |
                                       uint64_t{1} << CAP_LINUX_IMMUTABLE | uint64_t{1} << CAP_MAC_OVERRIDE;

bool is_root(const IdSet& users) { return users.has(0); }

}  // namespace

Result<IdSet> with_id(IdSet ids, uint32_t id, bool privileged) {
  if (id == kUnchanged) return Errno(EINVAL);
  if (privileged)
    ids.real = ids.saved = id;
  else if (id != ids.real && id != ids.saved)
    return Errno(EPERM);
  ids.effective = ids.filesystem = id;
  return ids;
}

Result<IdSet> with_real_effective(IdSet ids, uint32_t real, uint32_t effective, bool privileged) {
  const IdSet old = ids;
  if (real != kUnchanged) {
    if (!privileged && real != old.real && real != old.effective) return Errno(EPERM);
    ids.real = real;
  }
  if (effective != kUnchanged) {
    if (!privileged && !old.has(effective)) return Errno(EPERM);
    ids.effective = effective;
  }
  if (real != kUnchanged || (effective != kUnchanged && effective != old.real)) ids.saved = ids.effective;
  ids.filesystem = ids.effective;
  return ids;
}

Result<IdSet> with_all(IdSet ids, uint32_t real, uint32_t effective, uint32_t saved, bool privileged) {
  const IdSet old = ids;
  for (uint32_t id : {real, effective, saved})
    if (id != kUnchanged && !privileged && !old.has(id)) return Errno(EPERM);
  if (real != kUnchanged) ids.real = real;
  if (effective != kUnchanged) ids.effective = effective;
  if (saved != kUnchanged) ids.saved = saved;
  ids.filesystem = ids.effective;
  return ids;
}

IdSet with_filesystem(IdSet ids, uint32_t id, bool privileged) {
  if (id != kUnchanged && (privileged || ids.has(id) || id == ids.filesystem)) ids.filesystem = id;
  return ids;
}

Capabilities after_user_change(Capabilities capabilities, const IdSet& old_users, const IdSet& users,
                               uint32_t secure_bits) {
  if (secure_bits & kSecureNoSetuidFixup) return capabilities;
  if (is_root(old_users) && !is_root(users)) {
    if (!(secure_bits & kSecureKeepCaps)) capabilities.permitted = capabilities.effective = 0;
    capabilities.ambient = 0;
  }
  if (old_users.effective == 0 && users.effective != 0) capabilities.effective = 0;
  if (old_users.effective != 0 && users.effective == 0) capabilities.effective = capabilities.permitted;
  if (old_users.filesystem == 0 && users.filesystem != 0) capabilities.effective &= ~kFileCapabilities;
  if (old_users.filesystem != 0 && users.filesystem == 0)
    capabilities.effective |= capabilities.permitted & kFileCapabilities;
  return capabilities;
}

Result<Capabilities> with_sets(Capabilities capabilities, uint64_t effective, uint64_t permitted,
                               uint64_t inheritable) {
  effective &= kAllCapabilities;
  permitted &= kAllCapabilities;
  inheritable &= kAllCapabilities;
  const uint64_t may_inherit =
      capabilities.inheritable |
      (capabilities.can(CAP_SETPCAP) ? capabilities.bounding : capabilities.permitted);
  if (inheritable & ~may_inherit) return Errno(EPERM);
  if (inheritable & ~(capabilities.inheritable | capabilities.bounding)) return Errno(EPERM);
  if (permitted & ~capabilities.permitted || effective & ~permitted) return Errno(EPERM);
  capabilities.effective = effective;
  capabilities.permitted = permitted;
  capabilities.inheritable = inheritable;
  capabilities.ambient &= permitted & inheritable;
  return capabilities;
}

Result<Ref<GroupList>> GroupList::create(size_t count) {
  if (count > kMost) return Errno(EINVAL);
  auto* groups = new (std::nothrow) uint32_t[count]();
  if (!groups) return Errno(ENOMEM);
  auto* list = new (std::nothrow) GroupList(groups, count);
  if (list) return Ref<GroupList>::adopt(list);
  delete[] groups;
  return Errno(ENOMEM);
}

void set_users(Credentials& credentials, const IdSet& users) {
  const Capabilities after =
      after_user_change(credentials.capabilities, credentials.users, users, credentials.secure_bits);
  if (users.effective != credentials.users.effective || users.filesystem != credentials.users.filesystem)
    note_change(credentials);
  credentials.capabilities = after;
  credentials.users = users;
}

void set_groups(Credentials& credentials, const IdSet& groups) {
  if (groups.effective != credentials.groups.effective || groups.filesystem != credentials.groups.filesystem)
    note_change(credentials);
  credentials.groups = groups;
}

}  // namespace scone::process
