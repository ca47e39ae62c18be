// The files of /proc/self, as data: one row each.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "base/result.h"
#include "enclave/file/generated_file.h"

namespace scone::file {

enum class ProcRowKind : uint8_t {
  kFile,       // made here
  kLink,       // to the program's file
  kForwarded,  // the host's answer about the runner is right for the program, too
  kDirectory,  // handled by name in procfs.cc; here for listings
};

struct ProcRow {
  std::string_view name;
  ProcRowKind kind;
  bool of_threads;  // stands in /proc/self/task/T as well
  uint16_t permissions;
  Generator generate;  // kFile: number is the thread's
  Acceptor accept;     // kFile that can be written, or nullptr
};

// Sorted as listed.
std::span<const ProcRow> proc_rows();
// nullptr: there is no such file.
const ProcRow* find_proc_row(std::string_view name, bool of_thread);

// /proc/self/fdinfo/N. ENOENT.
Result<void> generate_descriptor_info(Text& to, int descriptor);

}  // namespace scone::file
