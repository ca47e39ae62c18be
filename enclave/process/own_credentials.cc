#include "enclave/process/own_credentials.h"

#include <asm/unistd.h>
#include <linux/capability.h>
#include <linux/errno.h>

#include <utility>

#include "base/static_object.h"
#include "enclave/boundary/host_buffer.h"
#include "enclave/boundary/host_call.h"
#include "enclave/boundary/host_state.h"

namespace scone::process {
namespace {

constinit StaticObject<SharedCredentials> g_credentials;  // made by init_credentials()

struct CapabilityRequest {
  __user_cap_header_struct header;
  __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];
};

Result<Capabilities> host_capabilities() {
  HostBuffer buffer = TRY(HostBuffer::allocate(sizeof(CapabilityRequest)));
  buffer.put(0, CapabilityRequest{.header = {.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0}, .data = {}});
  TRY(host_call(__NR_capget, buffer.address(), buffer.address() + offsetof(CapabilityRequest, data)));
  const auto answer = buffer.get<CapabilityRequest>(0);
  auto join = [](uint32_t low, uint32_t high) { return (low | uint64_t{high} << 32) & kAllCapabilities; };
  Capabilities result;
  result.permitted = join(answer.data[0].permitted, answer.data[1].permitted);
  result.effective = join(answer.data[0].effective, answer.data[1].effective) & result.permitted;
  result.inheritable = join(answer.data[0].inheritable, answer.data[1].inheritable);
  // Asking for each takes a host call. Root's bounding set shows in what it is permitted, others' matters for execve only.
  result.bounding = result.permitted ? result.permitted : kAllCapabilities;
  return result;
}

Result<Ref<GroupList>> host_groups() {
  const uint64_t count = TRY(host_call(__NR_getgroups, 0, 0));
  if (count > GroupList::kMost) boundary::host_violation("getgroups: more groups than there can be");
  Ref<GroupList> list = TRY(GroupList::create(count));
  if (count == 0) return list;
  HostBuffer buffer = TRY(HostBuffer::allocate(count * sizeof(uint32_t)));
  const uint64_t again = TRY(host_call(__NR_getgroups, count, buffer.address()));
  if (again != count) boundary::host_violation("getgroups: the number of groups changed");
  buffer.read(0, list->data(), count * sizeof(uint32_t));
  return list;
}

IdSet ids(uint64_t real, uint64_t effective) {
  const auto id = static_cast<uint32_t>(effective);
  return {.real = static_cast<uint32_t>(real), .effective = id, .saved = id, .filesystem = id};
}

}  // namespace

SharedCredentials& shared_credentials() { return g_credentials.get(); }

Result<void> init_credentials() {
  const abi::StartInfo& info = boundary::start_info();
  Credentials initial;
  initial.users = ids(info.uid, info.euid);
  initial.groups = ids(info.gid, info.egid);
  initial.capabilities = TRY(host_capabilities());
  initial.supplementary = TRY(host_groups());
  g_credentials.create().value = std::move(initial);
  return ok();
}

Credentials credentials() {
  return change_credentials([](Credentials& credentials) { return credentials; });
}

}  // namespace scone::process
