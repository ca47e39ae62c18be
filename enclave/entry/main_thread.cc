#include "enclave/entry/main_thread.h"

#include <linux/errno.h>

#include "crypto/wipe.h"
#include "enclave/boundary/host_call.h"
#include "enclave/boundary/host_fd.h"
#include "enclave/boundary/host_state.h"
#include "enclave/boundary/log.h"
#include "enclave/boundary/start_strings.h"
#include "enclave/configuration/trusted.h"
#include "enclave/entry/fs_base.h"
#include "enclave/entry/load_configured.h"
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
#include "enclave/shield/console.h"
#include "enclave/shield/start.h"

namespace scone::entry {
namespace {

constexpr int kSignalKill = 9;
constexpr int kOwnFailure = 125;  // exit status: not the program's

[[noreturn]] void refuse_start(const char* subject, const char* why) {
  boundary::log(boundary::Line() << "scone: " << subject << ": " << why);
  process::terminate(kOwnFailure << 8);
}

[[noreturn]] void refuse_program(const char* program, const loader::LoadError& error) {
  boundary::log(boundary::Line() << "scone: " << program << ": " << error);
  process::terminate(error.exit_status() << 8);
}

// The volume that the program's files are in.
void open_volume(const shield::FileSettings& settings) {
  if (!shield::start_files(settings).ok()) process::terminate(kOwnFailure << 8);
}

// The one that SCONE_FSPF names, if it does.
void start_files_of(const char* const* environment) {
  uint8_t key[32];
  Result<shield::FileSettings> settings = shield::file_settings(environment, key);
  if (!settings.ok() && settings.error() == Errno(ENOENT)) return;
  if (!settings.ok()) process::terminate(kOwnFailure << 8);
  open_volume(settings.value());
  crypto::wipe(key, sizeof key);
}

void start_files_of(const scf::Fspf& fspf) {
  shield::FileSettings settings{};
  settings.fspf = fspf.path;
  settings.key = fspf.key;
  settings.is_mutable = fspf.is_mutable;
  if (!fspf.tag.empty()) {
    volume::Tag tag;
    if (fspf.tag.size() != tag.size()) refuse_start("start-up configuration", "the volume's tag has a wrong size");
    memcpy(tag.data(), fspf.tag.data(), tag.size());
    settings.tag = tag;
  }
  open_volume(settings);
}

// With arguments and environment as the host gave them.
loader::Entry load_from_host() {
  auto strings = boundary::StartStrings::read();
  if (!strings.ok()) {
    boundary::log(boundary::Line() << "scone: the arguments and the environment do not fit into the enclave");
    process::terminate(126 << 8);
  }
  start_files_of(strings.value().envp());
  // The program has its files; a key that it does not know it cannot tell. Path and tag are no secrets.
  strings.value().remove_variable("SCONE_FSPF_KEY");
  loader::LoadError error;
  auto program =
      loader::load_program(strings.value().path(), strings.value().argv(), strings.value().envp(), error);
  if (!program.ok()) refuse_program(strings.value().path(), error);
  return program.value();
}

// The host is not told which program it is.
loader::Entry load_from_configuration(const scf::Configuration& configuration) {
  if (configuration.fspf) start_files_of(*configuration.fspf);
  loader::LoadError error;
  auto program = load_configured(configuration, error);
  configuration::wipe_keys();
  if (!program.ok()) refuse_program("the program of the start-up configuration", error);
  return program.value();
}

void open_descriptors(const scf::Configuration* configuration) {
  if (configuration && configuration->console) {
    const shield::ConsoleProblem problem = shield::start_console(*configuration->console);
    if (problem != shield::ConsoleProblem::kNone) refuse_start("console", shield::describe(problem));
  } else if (!file::install_standard_descriptors().ok()) {
    process::terminate(kSignalKill);
  }
}

void load_main_program() {
  const scf::Defect defect = configuration::receive();
  if (defect != scf::Defect::kNone) refuse_start("start-up configuration", scf::describe(defect));
  const scf::Configuration* configuration = configuration::trusted();
  boundary::HostFd::reserve(boundary::start_info().epoll_fd);
  open_descriptors(configuration);
  if (!process::init_credentials().ok() || !process::init_limits().ok()) process::terminate(kSignalKill);
  const loader::Entry program = configuration ? load_from_configuration(*configuration) : load_from_host();
  UserFrame& frame = sched::current().frame();
  memset(&frame, 0, sizeof frame);
  frame.rip = program.rip;
  frame.rsp = program.rsp;
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
