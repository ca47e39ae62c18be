#include "enclave/entry/main_thread.h"

#include "crypto/wipe.h"
#include "enclave/boundary/host_call.h"
#include "enclave/boundary/host_fd.h"
#include "enclave/boundary/host_state.h"
#include "enclave/boundary/log.h"
#include "enclave/boundary/start_strings.h"
#include "enclave/entry/fs_base.h"
#include "enclave/entry/new_thread.h"
#include "enclave/entry/vector.h"
#include "enclave/file/standard_descriptors.h"
#include "enclave/loader/start.h"
#include "enclave/process/exit.h"
#include "enclave/process/limits.h"
#include "enclave/process/own_credentials.h"
#include "enclave/process/thread_list.h"
#include "enclave/runtime/memory.h"
#include "enclave/sched/sched.h"
#include "enclave/shield/start.h"

namespace scone::entry {
namespace {

constexpr int kSignalKill = 9;
constexpr int kOwnFailure = 125;  // exit status: not the program's

[[noreturn]] void refuse_program(const boundary::StartStrings& strings, const loader::LoadError& error) {
  boundary::log(boundary::Line() << "scone: " << strings.path() << ": " << error);
  process::terminate(error.exit_status() << 8);
}

// The volume that SCONE_FSPF names, if it does.
void start_files(const char* const* environment) {
  uint8_t key[32];
  Result<shield::FileSettings> settings = shield::file_settings(environment, key);
  if (!settings.ok() && settings.error() == Errno(ENOENT)) return;
  const bool started = settings.ok() && shield::start_files(settings.value()).ok();
  crypto::wipe(key, sizeof key);
  if (!started) process::terminate(kOwnFailure << 8);
}

void load_main_program() {
  auto strings = boundary::StartStrings::read();
  if (!strings.ok()) {
    boundary::log(boundary::Line() << "scone: the arguments and the environment do not fit into the enclave");
    process::terminate(126 << 8);
  }
  boundary::HostFd::reserve(boundary::start_info().epoll_fd);
  if (!file::install_standard_descriptors().ok()) process::terminate(kSignalKill);
  if (!process::init_credentials().ok() || !process::init_limits().ok()) process::terminate(kSignalKill);
  start_files(strings.value().envp());
  loader::LoadError error;
  auto program = loader::load_program(strings.value().path(), strings.value().argv(), strings.value().envp(), error);
  if (!program.ok()) refuse_program(strings.value(), error);
  UserFrame& frame = sched::current().frame();
  memset(&frame, 0, sizeof frame);
  frame.rip = program.value().rip;
  frame.rsp = program.value().rsp;
  frame.rflags = 0x202;
  frame.flags = kFrameFullRestore;
  frame.orig_rax = UINT64_MAX;
}

void run_main_program() {
  load_main_program();
  scrub_vector();
  write_fs_base(0);
  enter_program();
}

}  // namespace

void start_main_thread() {
  auto thread = sched::Lthread::create(static_cast<int>(boundary::start_info().pid));
  if (!thread.ok()) boundary::panic("no memory for the first thread");
  start_in_runtime(*thread.value(), &run_main_program);
  process::threads().add(*thread.value());
  sched::start(*thread.take().release());
}

}  // namespace scone::entry
