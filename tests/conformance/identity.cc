// User and group ids and capabilities. They change for good: the cases run in this order.
#include <grp.h>
#include <linux/capability.h>
#include <sys/fsuid.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "check.h"

namespace {

bool is_root() { return getuid() == 0 && geteuid() == 0; }

// Real, effective, saved and file-system id as one string of digits would be hard to read: four numbers.
struct Ids {
  uid_t real = 9999, effective = 9999, saved = 9999, filesystem = 9999;
  bool are(uid_t r, uid_t e, uid_t s, uid_t f) const {
    return real == r && effective == e && saved == s && filesystem == f;
  }
};
Ids users() {
  Ids ids;
  getresuid(&ids.real, &ids.effective, &ids.saved);
  ids.filesystem = static_cast<uid_t>(setfsuid(static_cast<uid_t>(-1)));
  return ids;
}
Ids groups() {
  Ids ids;
  getresgid(&ids.real, &ids.effective, &ids.saved);
  ids.filesystem = static_cast<gid_t>(setfsgid(static_cast<gid_t>(-1)));
  return ids;
}

struct Capabilities {
  __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[2] = {};
  long get() { return syscall(SYS_capget, &header, data); }
  long set() { return syscall(SYS_capset, &header, data); }
  bool none_effective() const { return data[0].effective == 0 && data[1].effective == 0; }
};

}  // namespace

CASE(process_groups_and_sessions) {
  CHECK_EQ(getpid(), gettid());
  CHECK_EQ(getpgid(getpid()), getpgrp());
  CHECK_ERRNO(getpgid(999999), ESRCH);
  CHECK_ERRNO(getpgid(-5), ESRCH);
  CHECK_ERRNO(getsid(-5), ESRCH);
  CHECK_ERRNO(setpgid(0, -1), EINVAL);
}

CASE(capabilities_are_consistent) {
  Capabilities mine;
  CHECK_EQ(mine.get(), 0);
  for (const auto& half : mine.data) CHECK_EQ(half.effective & ~half.permitted, 0);
  CHECK(prctl(PR_CAPBSET_READ, 0) >= 0);
  CHECK_ERRNO(prctl(PR_CAPBSET_READ, 63), EINVAL);
}

CASE(capget_tells_its_version) {
  Capabilities unknown;
  unknown.header.version = 0x1234;
  CHECK_EQ(syscall(SYS_capget, &unknown.header, nullptr), 0);
  CHECK_EQ(unknown.header.version, _LINUX_CAPABILITY_VERSION_3);
  unknown.header.version = 0x1234;
  CHECK_ERRNO(unknown.get(), EINVAL);
  unknown.header = {_LINUX_CAPABILITY_VERSION_3, -4};
  CHECK_ERRNO(unknown.get(), EINVAL);
  unknown.header.pid = 999999;
  CHECK_ERRNO(unknown.get(), ESRCH);
  CHECK_ERRNO(syscall(SYS_capget, nullptr, nullptr), EFAULT);
}

CASE(supplementary_groups) {
  gid_t list[3] = {5, 6, 7};
  CHECK_ERRNO(getgroups(-1, list), EINVAL);
  if (!is_root()) return;
  CHECK_EQ(setgroups(3, list), 0);
  CHECK_EQ(getgroups(0, nullptr), 3);
  CHECK_ERRNO(getgroups(2, list), EINVAL);
  list[0] = list[1] = list[2] = 0;
  CHECK_EQ(getgroups(3, list), 3);
  CHECK(list[0] == 5 && list[1] == 6 && list[2] == 7);
  CHECK_ERRNO(setgroups(70000, list), EINVAL);
  CHECK_ERRNO(syscall(SYS_setgroups, 2, 8), EFAULT);
}

CASE(root_steps_aside_and_comes_back) {
  if (!is_root()) return;
  CHECK_ERRNO(setuid(static_cast<uid_t>(-1)), EINVAL);
  CHECK_EQ(seteuid(1000), 0);
  CHECK(users().are(0, 1000, 0, 1000));
  Capabilities aside;
  CHECK_EQ(aside.get(), 0);
  CHECK(aside.none_effective());
  CHECK_EQ(seteuid(0), 0);
  CHECK_EQ(aside.get(), 0);
  CHECK(!aside.none_effective());
}

CASE(group_ids) {
  if (!is_root()) return;
  CHECK_EQ(setregid(33, 44), 0);
  CHECK(groups().are(33, 44, 44, 44));
  CHECK_EQ(setresgid(1, 2, 3), 0);
  CHECK(groups().are(1, 2, 3, 2));
  CHECK_EQ(setfsgid(8), 2);
  CHECK(groups().are(1, 2, 3, 8));
  CHECK_EQ(setgid(9), 0);
  CHECK(groups().are(9, 9, 9, 9));
}

CASE(user_ids) {
  if (!is_root()) return;
  CHECK_EQ(setfsuid(77), 0);
  CHECK(users().are(0, 0, 0, 77));
  CHECK_EQ(setreuid(static_cast<uid_t>(-1), 500), 0);
  CHECK(users().are(0, 500, 500, 500));
  CHECK_EQ(seteuid(0), 0);
  CHECK_EQ(setresuid(1, 2, 3), 0);
  CHECK(users().are(1, 2, 3, 2));
}

CASE(who_left_root_has_no_rights) {
  if (getuid() != 1) return;
  Capabilities mine;
  CHECK_EQ(mine.get(), 0);
  CHECK(mine.none_effective());
  CHECK_EQ(prctl(PR_GET_DUMPABLE), 0);
  CHECK_ERRNO(setuid(0), EPERM);
  CHECK_EQ(setuid(3), 0);
  CHECK(users().are(1, 3, 3, 3));
  CHECK_ERRNO(setuid(2), EPERM);
  CHECK_ERRNO(setresuid(1, 1, 4), EPERM);
  CHECK_EQ(setreuid(3, 1), 0);
  CHECK(users().are(3, 1, 1, 1));
  CHECK_ERRNO(setgid(77), EPERM);
  CHECK_ERRNO(setgroups(0, nullptr), EPERM);
  CHECK_EQ(setfsuid(9), 1);
  CHECK(users().are(3, 1, 1, 1));
  for (auto& half : mine.data) half.permitted = half.effective = ~0u;
  CHECK_ERRNO(mine.set(), EPERM);
  CHECK_ERRNO(prctl(PR_CAPBSET_DROP, 1), EPERM);
  CHECK_ERRNO(prctl(PR_SET_SECUREBITS, 1), EPERM);
  rlimit limit;
  CHECK_EQ(getrlimit(RLIMIT_NOFILE, &limit), 0);
  limit.rlim_max++;
  CHECK_ERRNO(setrlimit(RLIMIT_NOFILE, &limit), EPERM);
}
