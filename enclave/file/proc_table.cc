#include "enclave/file/proc_table.h"

#include "enclave/file/proc_files.h"

namespace scone::file {
namespace {

constexpr ProcRow made(std::string_view name, Generator generate, uint16_t permissions = 0444) {
  return {name, ProcRowKind::kFile, false, permissions, generate, nullptr};
}
constexpr ProcRow made_for_threads(std::string_view name, Generator generate) {
  return {name, ProcRowKind::kFile, true, 0444, generate, nullptr};
}
constexpr ProcRow forwarded(std::string_view name) {
  return {name, ProcRowKind::kForwarded, false, 0, nullptr, nullptr};
}
constexpr ProcRow directory(std::string_view name) {
  return {name, ProcRowKind::kDirectory, false, 0555, nullptr, nullptr};
}

constexpr ProcRow kRows[] = {
    made("auxv", &generate_auxv, 0400),
    forwarded("cgroup"),
    made_for_threads("cmdline", &generate_cmdline),
    {"comm", ProcRowKind::kFile, true, 0644, &generate_comm, &accept_comm},
    forwarded("cwd"),
    made("environ", &generate_environ, 0400),
    {"exe", ProcRowKind::kLink, true, 0777, nullptr, nullptr},
    directory("fd"),
    directory("fdinfo"),
    forwarded("gid_map"),
    made("limits", &generate_limits),
    forwarded("loginuid"),
    made_for_threads("maps", &generate_maps),
    forwarded("mountinfo"),
    forwarded("mounts"),
    forwarded("mountstats"),
    forwarded("net"),
    forwarded("ns"),
    forwarded("oom_score"),
    forwarded("oom_score_adj"),
    forwarded("root"),
    forwarded("sessionid"),
    forwarded("setgroups"),
    made_for_threads("smaps", &generate_smaps),
    made_for_threads("stat", &generate_stat),
    made_for_threads("statm", &generate_statm),
    made_for_threads("status", &generate_status),
    directory("task"),
    forwarded("uid_map"),
};

}  // namespace

std::span<const ProcRow> proc_rows() { return kRows; }

const ProcRow* find_proc_row(std::string_view name, bool of_thread) {
  for (const ProcRow& row : kRows)
    if (row.name == name) return of_thread && !row.of_threads ? nullptr : &row;
  return nullptr;
}

}  // namespace scone::file
