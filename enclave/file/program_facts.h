// What /proc/self tells about the program that the files know nothing of. The loader fills it in before the program's first
// instruction, and again at execve.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/result.h"

namespace scone::file {

// Addresses are the program's; what stands there may have been changed by it since (setproctitle).
struct ProgramFacts {
  uint64_t arguments_begin, arguments_end;      // /proc/self/cmdline
  uint64_t environment_begin, environment_end;  // /proc/self/environ
  uint64_t auxiliary_begin, auxiliary_end;      // /proc/self/auxv
  uint64_t code_begin, code_end, stack_begin;   // /proc/self/stat
};

// `path`: absolute, without symbolic links: what /proc/self/exe leads to; copied. ENAMETOOLONG. Before there are other threads.
Result<void> set_program(std::string_view path, const ProgramFacts& facts);
const ProgramFacts& program_facts();
std::string_view program_path();
// CLOCK_MONOTONIC when the program was set, in ns.
uint64_t program_start_ns();

}  // namespace scone::file
