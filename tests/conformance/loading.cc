// What the loader promises a program before its first instruction.
#include <elf.h>
#include <link.h>
#include <sys/auxv.h>
#include <sys/resource.h>
#include <unistd.h>

#include <string>

#include "check.h"
#include "support.h"

extern "C" char __executable_start, etext, edata, end;
extern char** environ;

namespace {
char zeros[300'000];
int initialised[5000] = {1, 2, 3};
thread_local int per_thread = 42;
alignas(65536) char aligned[64];
}  // namespace

CASE(data_is_there_and_the_rest_is_zero) {
  CHECK_EQ(initialised[0] + initialised[1] + initialised[2], 6);
  for (size_t i = 3; i < 5000; i++) CHECK_EQ(initialised[i], 0);
  for (char byte : zeros) CHECK_EQ(byte, 0);
  // Up to the end of the last page: what stands behind the segment in the file must not show.
  for (const char* p = &end; reinterpret_cast<uintptr_t>(p) % 4096 != 0; p++) CHECK_EQ(*p, 0);
  CHECK_EQ(per_thread, 42);
}

CASE(alignment_of_segments_is_kept) { CHECK_EQ(reinterpret_cast<uintptr_t>(aligned) % 65536, 0); }

CASE(auxiliary_vector_shows_the_headers) {
  auto* headers = reinterpret_cast<const ElfW(Phdr)*>(getauxval(AT_PHDR));
  CHECK(headers);
  CHECK_EQ(getauxval(AT_PHENT), sizeof *headers);
  const auto begin = reinterpret_cast<uintptr_t>(&__executable_start);
  auto* header = reinterpret_cast<const ElfW(Ehdr)*>(begin);
  CHECK_EQ(reinterpret_cast<uintptr_t>(headers), begin + header->e_phoff);
  CHECK_EQ(getauxval(AT_PHNUM), header->e_phnum);
  const uintptr_t bias = header->e_type == ET_DYN ? begin : 0;
  CHECK_EQ(getauxval(AT_ENTRY), bias + header->e_entry);
}

CASE(interpreter_is_where_the_vector_says) {
  const uintptr_t base = getauxval(AT_BASE);
  if (base == 0) return;  // static
  CHECK_EQ(memcmp(reinterpret_cast<const void*>(base), ELFMAG, SELFMAG), 0);
}

CASE(heap_begins_behind_the_program) {
  CHECK(reinterpret_cast<char*>(sbrk(0)) >= &end);
  char* more = static_cast<char*>(sbrk(100'000));
  CHECK(more != reinterpret_cast<char*>(-1));
  for (int i = 0; i < 100'000; i++) CHECK_EQ(more[i], 0);
}

CASE(strings_stand_above_the_stack_pointer) {
  char here;
  CHECK(environ[0] > &here);
  auto* path = reinterpret_cast<const char*>(getauxval(AT_EXECFN));
  CHECK(path > environ[0]);
  CHECK_EQ(strcmp(reinterpret_cast<const char*>(getauxval(AT_PLATFORM)), "x86_64"), 0);
}

CASE(the_process_knows_its_file) {
  char path[4096];
  const ssize_t length = readlink("/proc/self/exe", path, sizeof path - 1);
  CHECK(length > 0);
  path[length] = '\0';
  const std::string name = std::string(path).substr(std::string(path).rfind('/') + 1);
  std::string comm = support::get_file("/proc/self/comm");
  CHECK(!comm.empty() && comm.back() == '\n');
  comm.pop_back();
  CHECK_EQ(name.substr(0, 15).compare(comm), 0);
  const std::string vector = support::get_file("/proc/self/auxv");
  CHECK(vector.size() >= 16 * 16 && vector.size() % 16 == 0);
}

namespace {
// Not a loop, so that the compiler keeps every frame.
int descend(int depth) {
  volatile char frame[4096];
  frame[0] = static_cast<char>(depth);
  return depth == 0 ? frame[0] : descend(depth - 1) + frame[0];
}
}  // namespace

CASE(the_stack_is_as_large_as_its_limit) {
  rlimit limit;
  CHECK_EQ(getrlimit(RLIMIT_STACK, &limit), 0);
  const rlim_t most = 64 << 20;
  const rlim_t usable = (limit.rlim_cur < most ? limit.rlim_cur : most) - (256 << 10);
  descend(static_cast<int>(usable / 5000));
}
