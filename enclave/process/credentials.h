// Who the program is: user and group ids, groups, capabilities (credentials(7), capabilities(7)).
//
// One set for the whole process. On Linux each thread has its own, and the C libraries make all threads change at once; here
// the first thread's call changes it and those of the others find it done. What the host allows the runner to do with
// files and sockets does not change with it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <new>

#include "base/ref.h"
#include "base/result.h"

namespace scone::process {

// In setres[ug]id and setre[ug]id: leave as it is.
inline constexpr uint32_t kUnchanged = UINT32_MAX;

// The four user ids, or the four group ids.
struct IdSet {
  uint32_t real = 0, effective = 0, saved = 0, filesystem = 0;

  bool has(uint32_t id) const { return id == real || id == effective || id == saved; }
  friend bool operator==(const IdSet&, const IdSet&) = default;
};

// setuid(2) and its relatives, on a copy. `privileged`: CAP_SETUID or CAP_SETGID is effective. EPERM, EINVAL.
Result<IdSet> with_id(IdSet ids, uint32_t id, bool privileged);
Result<IdSet> with_real_effective(IdSet ids, uint32_t real, uint32_t effective, bool privileged);
Result<IdSet> with_all(IdSet ids, uint32_t real, uint32_t effective, uint32_t saved, bool privileged);
// setfsuid(2) has no error: what is not allowed changes nothing.
IdSet with_filesystem(IdSet ids, uint32_t id, bool privileged);

// Bit n is capability n. ambient ⊆ permitted ∩ inheritable; effective ⊆ permitted.
struct Capabilities {
  uint64_t effective = 0, permitted = 0, inheritable = 0, bounding = 0, ambient = 0;

  bool can(unsigned capability) const { return effective >> capability & 1; }
  friend bool operator==(const Capabilities&, const Capabilities&) = default;
};

// Number of capabilities of the Linux we look like.
inline constexpr unsigned kCapabilities = 41;
inline constexpr uint64_t kAllCapabilities = (uint64_t{1} << kCapabilities) - 1;

// securebits of prctl(2).
inline constexpr uint32_t kSecureNoSetuidFixup = 1 << 2, kSecureKeepCaps = 1 << 4;

// What a change of user ids does to capabilities: leaving root drops them.
Capabilities after_user_change(Capabilities capabilities, const IdSet& old_users, const IdSet& users,
                               uint32_t secure_bits);
// capset(2). EPERM.
Result<Capabilities> with_sets(Capabilities capabilities, uint64_t effective, uint64_t permitted,
                               uint64_t inheritable);

// Supplementary groups: immutable, shared by those who look at them.
class GroupList : public RefCounted {
 public:
  static constexpr size_t kMost = 65536;
  // `count` groups, to be filled in by the caller before anybody else sees them. EINVAL, ENOMEM.
  static Result<Ref<GroupList>> create(size_t count);
  ~GroupList() { delete[] groups_; }

  size_t count() const { return count_; }
  uint32_t* data() const { return groups_; }

 private:
  GroupList(uint32_t* groups, size_t count) : groups_(groups), count_(count) {}
  uint32_t* groups_;
  size_t count_;
};

struct Credentials {
  IdSet users, groups;
  Capabilities capabilities;
  uint32_t secure_bits = 0;
  bool no_new_privileges = false;
  bool dumpable = true;
  int parent_death_signal = 0;
  Ref<GroupList> supplementary;  // null: none
};

// Applies a change of ids or capabilities; what must follow from it (dumpable, the parent's death signal) follows.
void set_users(Credentials& credentials, const IdSet& users);
void set_groups(Credentials& credentials, const IdSet& groups);

}  // namespace scone::process
