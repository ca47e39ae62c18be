#include "enclave/process/credentials.h"

#include <gtest/gtest.h>
#include <linux/capability.h>

#include <cerrno>

namespace scone::process {
namespace {

constexpr uint32_t kUser = 1000, kOther = 2000, kThird = 3000;

IdSet ids(uint32_t real, uint32_t effective, uint32_t saved) {
  return {.real = real, .effective = effective, .saved = saved, .filesystem = effective};
}
template <typename T>
int error_of(Result<T> result) {
  return result.ok() ? 0 : result.error().code();
}

TEST(SetId, PrivilegedSetsAllOthersOnlyWhatIsTheirs) {
  EXPECT_EQ(with_id(ids(0, 0, 0), kUser, true).value(), ids(kUser, kUser, kUser));
  EXPECT_EQ(with_id(ids(kUser, kOther, kThird), kThird, false).value(), ids(kUser, kThird, kThird));
  EXPECT_EQ(error_of(with_id(ids(kUser, kUser, kUser), kOther, false)), EPERM);
  // The effective id is no reason in itself.
  EXPECT_EQ(error_of(with_id(ids(kUser, kOther, kUser), kOther, false)), EPERM);
  EXPECT_EQ(error_of(with_id(ids(0, 0, 0), kUnchanged, true)), EINVAL);
}

TEST(SetRealEffective, SwapsAndSetsTheSavedId) {
  // setreuid(2): a process swaps real and effective.
  EXPECT_EQ(with_real_effective(ids(kUser, kOther, kOther), kOther, kUser, false).value(),
            ids(kOther, kUser, kUser));
  // The real id is given or the effective becomes another than the real: the saved id follows.
  EXPECT_EQ(with_real_effective(ids(kUser, kUser, kOther), kUnchanged, kOther, false).value(),
            ids(kUser, kOther, kOther));
  EXPECT_EQ(with_real_effective(ids(kUser, kOther, kOther), kUnchanged, kUser, false).value(),
            ids(kUser, kUser, kOther));
  EXPECT_EQ(with_real_effective(ids(kUser, kOther, kThird), kUnchanged, kUnchanged, false).value(),
            ids(kUser, kOther, kThird));
  // The saved id may become the effective but not the real one.
  EXPECT_EQ(error_of(with_real_effective(ids(kUser, kUser, kThird), kThird, kUnchanged, false)), EPERM);
  EXPECT_EQ(error_of(with_real_effective(ids(kUser, kUser, kUser), kUnchanged, kOther, false)), EPERM);
}

TEST(SetAll, EachFromTheThreeOrPrivileged) {
  EXPECT_EQ(with_all(ids(kUser, kOther, kThird), kThird, kUser, kOther, false).value(),
            ids(kThird, kUser, kOther));
  EXPECT_EQ(with_all(ids(0, 0, 0), kUser, kUnchanged, kThird, true).value(), ids(kUser, 0, kThird));
  EXPECT_EQ(error_of(with_all(ids(kUser, kUser, kUser), kUnchanged, kUnchanged, kOther, false)), EPERM);
}

TEST(SetFilesystemId, NeverFailsAndIgnoresWhatIsNotAllowed) {
  EXPECT_EQ(with_filesystem(ids(kUser, kUser, kOther), kOther, false).filesystem, kOther);
  EXPECT_EQ(with_filesystem(ids(kUser, kUser, kUser), kOther, false).filesystem, kUser);
  EXPECT_EQ(with_filesystem(ids(0, 0, 0), kUnchanged, true).filesystem, 0u);
}

TEST(UserChange, LeavingRootDropsCapabilities) {
  const Capabilities all{.effective = 7, .permitted = 7, .inheritable = 7, .bounding = 7, .ambient = 7};
  const Capabilities after = after_user_change(all, ids(0, 0, 0), ids(kUser, kUser, kUser), 0);
  EXPECT_EQ(after.effective, 0u);
  EXPECT_EQ(after.permitted, 0u);
  EXPECT_EQ(after.ambient, 0u);
  EXPECT_EQ(after.bounding, 7u);
}

TEST(UserChange, KeepCapsKeepsThePermittedOnes) {
  const Capabilities all{.effective = 7, .permitted = 7, .inheritable = 7, .bounding = 7, .ambient = 7};
  const Capabilities after = after_user_change(all, ids(0, 0, 0), ids(kUser, kUser, kUser), kSecureKeepCaps);
  EXPECT_EQ(after.effective, 0u);
  EXPECT_EQ(after.permitted, 7u);
  EXPECT_EQ(after_user_change(all, ids(0, 0, 0), ids(kUser, kUser, kUser), kSecureNoSetuidFixup), all);
}

TEST(UserChange, ARootThatSteppedAsideGetsItsCapabilitiesBack) {
  const Capabilities all{.effective = 7, .permitted = 7, .inheritable = 0, .bounding = 7, .ambient = 0};
  const Capabilities aside = after_user_change(all, ids(0, 0, 0), ids(0, kUser, 0), 0);
  EXPECT_EQ(aside.effective, 0u);
  EXPECT_EQ(aside.permitted, 7u);
  EXPECT_EQ(after_user_change(aside, ids(0, kUser, 0), ids(0, 0, 0), 0).effective, 7u);
}

TEST(UserChange, TheFilesystemIdTakesTheFileCapabilities) {
  const uint64_t chown = uint64_t{1} << CAP_CHOWN, kill = uint64_t{1} << CAP_KILL;
  const Capabilities all{
      .effective = chown | kill, .permitted = chown | kill, .inheritable = 0, .bounding = 0, .ambient = 0};
  IdSet users = ids(0, 0, 0);
  users.filesystem = kUser;
  const Capabilities after = after_user_change(all, ids(0, 0, 0), users, 0);
  EXPECT_EQ(after.effective, kill);
  EXPECT_EQ(after_user_change(after, users, ids(0, 0, 0), 0).effective, chown | kill);
}

TEST(CapabilitySets, OnlyShrinkAndStayConsistent) {
  const Capabilities some{.effective = 3, .permitted = 3, .inheritable = 1, .bounding = 7, .ambient = 1};
  EXPECT_EQ(error_of(with_sets(some, 4, 7, 1)), EPERM);  // more permitted
  EXPECT_EQ(error_of(with_sets(some, 3, 1, 1)), EPERM);  // effective beyond permitted
  EXPECT_EQ(error_of(with_sets(some, 1, 3, 4)), EPERM);  // inheritable beyond permitted
  const Capabilities less = with_sets(some, 0, 2, 2).take();
  EXPECT_EQ(less.permitted, 2u);
  EXPECT_EQ(less.inheritable, 2u);
  EXPECT_EQ(less.ambient, 0u) << "ambient ones are permitted and inheritable";
  const Capabilities setpcap{.effective = 1 << CAP_SETPCAP,
                             .permitted = 1 << CAP_SETPCAP,
                             .inheritable = 0,
                             .bounding = 4,
                             .ambient = 0};
  EXPECT_EQ(error_of(with_sets(setpcap, 0, 0, 4)), 0) << "CAP_SETPCAP may inherit from the bounding set";
}

TEST(GroupList, HasALimit) {
  EXPECT_EQ(error_of(GroupList::create(GroupList::kMost + 1)), EINVAL);
  EXPECT_EQ(GroupList::create(GroupList::kMost).take()->count(), GroupList::kMost);
  EXPECT_EQ(GroupList::create(0).take()->count(), 0u);
}

TEST(Credentials, AChangeOfIdentityForbidsDumpsAndForgetsTheParent) {
  Credentials credentials;
  credentials.parent_death_signal = 15;
  set_groups(credentials, credentials.groups);
  EXPECT_TRUE(credentials.dumpable);
  EXPECT_EQ(credentials.parent_death_signal, 15);
  set_users(credentials, ids(kUser, kUser, kUser));
  EXPECT_FALSE(credentials.dumpable);
  EXPECT_EQ(credentials.parent_death_signal, 0);
}

}  // namespace
}  // namespace scone::process
