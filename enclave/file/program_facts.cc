#include "enclave/file/program_facts.h"

#include "enclave/file/path_name.h"
#include "enclave/sched/sched.h"

namespace scone::file {
namespace {

constinit char path_text[PATH_MAX] = "";
constinit size_t path_size = 0;
constinit ProgramFacts facts_now = {};
constinit uint64_t start_ns = 0;

}  // namespace

Result<void> set_program(std::string_view path, const ProgramFacts& facts) {
  if (path.size() >= sizeof path_text) return Errno(ENAMETOOLONG);
  memcpy(path_text, path.data(), path.size());
  path_size = path.size();
  facts_now = facts;
  start_ns = sched::now_ns();
  return ok();
}

const ProgramFacts& program_facts() { return facts_now; }
uint64_t program_start_ns() { return start_ns; }
std::string_view program_path() { return {path_text, path_size}; }

}  // namespace scone::file
