#include "enclave/file/procfs.h"

#include "enclave/boundary/host_state.h"
#include "enclave/file/fd_table.h"
#include "enclave/file/host_file.h"
#include "enclave/file/path_components.h"
#include "enclave/file/proc_table.h"
#include "enclave/file/program_facts.h"
#include "enclave/file/text.h"
#include "enclave/process/thread_list.h"

namespace scone::file {
namespace {

int own_pid() { return static_cast<int>(boundary::start_info().pid); }

// The walk through one path. Each step returns true for a node, false for the host.
class Lookup {
 public:
  Lookup(PathName& path, bool follow, ProcNode& node)
      : path_(path), follow_(follow), node_(node), names_(path.view()) {}

  Result<bool> run() {
    const std::string_view top = names_.next();
    if (top == "proc") return in_proc();
    if (top == "dev") return in_dev();
    return false;
  }

 private:
  Result<bool> in_dev() {
    const std::string_view name = names_.next();
    // The links themselves are the host's.
    if (names_.at_end() && !follow_) return false;
    if (name == "fd") return descriptor();
    if (!names_.at_end()) return false;
    if (name == "stdin") return open_descriptor(0);
    if (name == "stdout") return open_descriptor(1);
    if (name == "stderr") return open_descriptor(2);
    return false;
  }

  Result<bool> in_proc() {
    const std::string_view name = names_.next();
    const bool own = name == "self" || parse_number(name) == own_pid();
    if (!own && name != "thread-self") return false;
    if (names_.at_end() && !follow_ && name == "self") return false;  // the link itself
    return in_process(name == "self" || own ? own_pid() : sched::current().tid(), name == "thread-self");
  }

  Result<bool> in_process(int thread, bool of_thread) {
    if (names_.at_end()) return found(ProcNodeKind::kProcess, thread, of_thread);
    const std::string_view name = names_.next();
    if (name == "..") return above(of_thread);
    const ProcRow* row = find_proc_row(name, of_thread);
    if (!row) return Errno(ENOENT);
    switch (row->kind) {
      case ProcRowKind::kForwarded:
        return forward(name);
      case ProcRowKind::kDirectory:
        if (name == "task") return in_tasks();
        return name == "fd" ? descriptor() : descriptor_info();
      case ProcRowKind::kLink:
        if (follow_ && names_.at_end()) return lead_to(program_path());
        break;
      case ProcRowKind::kFile:
        break;
    }
    if (!names_.at_end()) return Errno(ENOTDIR);
    node_.row = row;
    return found(ProcNodeKind::kTable, thread, of_thread);
  }

  Result<bool> above(bool of_thread) {
    if (of_thread) return in_tasks();
    if (!names_.at_end()) return in_proc();
    return lead_to("/proc");
  }

  Result<bool> in_tasks() {
    if (names_.at_end()) return found(ProcNodeKind::kTasks, 0, false);
    const std::string_view name = names_.next();
    if (name == "..") return in_process(own_pid(), false);
    const auto thread = parse_number(name);
    if (!thread || !process::threads().find(*thread)) return Errno(ENOENT);
    return in_process(*thread, true);
  }

  Result<bool> descriptor() {
    if (names_.at_end()) return found(ProcNodeKind::kDescriptors, 0, false);
    const std::string_view name = names_.next();
    if (name == "..") return in_process(own_pid(), false);
    const auto number = parse_number(name);
    if (!number) return Errno(ENOENT);
    return open_descriptor(*number);
  }

  Result<bool> open_descriptor(int number) {
    Result<Ref<File>> file = fd_table().get(number);
    if (!file.ok()) return Errno(ENOENT);
    if (names_.at_end() && !follow_) return found(ProcNodeKind::kDescriptorLink, number, false);
    if (HostFile* host = file.value()->as_host_file()) return through(*host);
    if (!names_.at_end()) return Errno(ENOTDIR);
    node_.file = file.take();
    return found(ProcNodeKind::kOpenFile, number, false);
  }

  // The runner's descriptor, and what may follow if it is a directory.
  Result<bool> through(HostFile& file) {
    FixedText<48> prefix;
    prefix.append("/proc/self/fd/");
    prefix.append_number(file.number());
    return replace(prefix.view());
  }

  Result<bool> descriptor_info() {
    if (names_.at_end()) return found(ProcNodeKind::kDescriptorInfos, 0, false);
    const auto number = parse_number(names_.next());
    if (!number || !fd_table().get(*number).ok()) return Errno(ENOENT);
    if (!names_.at_end()) return Errno(ENOTDIR);
    return found(ProcNodeKind::kDescriptorInfo, *number, false);
  }

  Result<bool> forward(std::string_view name) {
    FixedText<48> prefix;
    prefix.append("/proc/self/");
    prefix.append(name);
    return replace(prefix.view());
  }

  // Puts `prefix` in the place of what was walked over; not for long prefixes.
  Result<bool> replace(std::string_view prefix) {
    const size_t rest = names_.rest().size();
    path_.drop_front(path_.size() - rest);
    if (rest > 0) TRY(path_.prepend("/"));
    TRY(path_.prepend(prefix));
    return false;
  }

  Result<bool> lead_to(std::string_view target) {
    TRY(path_.set(target));
    return false;
  }

  Result<bool> found(ProcNodeKind kind, int number, bool of_thread) {
    node_.kind = kind;
    node_.number = number;
    node_.of_thread = of_thread;
    return true;
  }

  PathName& path_;
  const bool follow_;
  ProcNode& node_;
  PathComponents names_;
};

}  // namespace

Result<bool> find_in_proc(PathName& path, bool follow, ProcNode& node) {
  return Lookup(path, follow, node).run();
}

}  // namespace scone::file
