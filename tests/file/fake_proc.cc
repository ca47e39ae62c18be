#include "tests/file/fake_host.h"
// What /proc shows of the rest of the runtime, without that rest.
#include "enclave/file/proc_files.h"
#include "enclave/process/thread_list.h"
#include "enclave/sched/clock.h"

namespace scone::file {
namespace {

std::string_view g_name = "comm";
char g_new_name[64];

Result<void> nothing(Text& to) {
  to.append("contents\n");
  return ok();
}

}  // namespace

Result<void> generate_auxv(Text& to, int) { return nothing(to); }
Result<void> generate_cmdline(Text& to, int) { return nothing(to); }
Result<void> generate_comm(Text& to, int) {
  to.append(g_name);
  to.append("\n");
  return ok();
}
Result<void> accept_comm(std::string_view name, int) {
  memcpy(g_new_name, name.data(), name.size());
  g_name = {g_new_name, name.size()};
  return ok();
}
Result<void> generate_descriptor_info(Text& to, int) { return nothing(to); }
Result<void> generate_environ(Text& to, int) { return nothing(to); }
Result<void> generate_limits(Text& to, int) { return nothing(to); }
Result<void> generate_maps(Text& to, int) { return nothing(to); }
Result<void> generate_smaps(Text& to, int) { return nothing(to); }
Result<void> generate_stat(Text& to, int) { return nothing(to); }
Result<void> generate_statm(Text& to, int) { return nothing(to); }
Result<void> generate_status(Text& to, int) { return nothing(to); }

}  // namespace scone::file

namespace scone::fake {
namespace {
int g_threads = 2;
}
OnlyThreadGuard::OnlyThreadGuard() { g_threads = 1; }
OnlyThreadGuard::~OnlyThreadGuard() { g_threads = 2; }
}  // namespace scone::fake

namespace scone::process {

ThreadList& threads() {
  static ThreadList list;
  return list;
}
Ref<sched::Lthread> ThreadList::find(int) { return {}; }
int ThreadList::count() { return fake::g_threads; }

}  // namespace scone::process

namespace scone::sched {

Lthread::~Lthread() = default;
uint64_t realtime_ns() { return 0; }

}  // namespace scone::sched
