// A library to be preloaded: rewrites every system call of the C library and the dynamic linker of a native process, in
// place, before main. Whatever the program does then runs through trampolines.
//
// REWRITE_REPORT=path: at exit, how many sites were rewritten and how often they were used goes to that file.
#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <signal.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "enclave/rewrite/references.h"
#include "enclave/rewrite/rewrite.h"
#include "tests/rewrite/native_entry.h"

namespace scone::rewrite {
namespace {

SiteTable table;
uint32_t rewritten, left, modules;
volatile sig_atomic_t arrivals;

void on_illegal_instruction(int, siginfo_t*, void* context) {
  greg_t* registers = static_cast<ucontext_t*>(context)->uc_mcontext.gregs;
  uint64_t rip = static_cast<uint64_t>(registers[REG_RIP]);
  uint64_t resume = table.resume_address(rip);
  if (resume == rip) abort();
  registers[REG_RIP] = static_cast<greg_t>(resume);
  arrivals = arrivals + 1;
}

// Memory within reach of the code. Executable from the start: what would make it so is rewritten too.
TrampolineArea reserve(uint64_t near, uint64_t size) {
  for (uint64_t distance = 16 << 20; distance < uint64_t{1} << 30; distance += 16 << 20) {
    void* wanted = reinterpret_cast<void*>(near - distance);
    void* got = mmap(wanted, size, PROT_READ | PROT_WRITE | PROT_EXEC,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    if (got == wanted) return {near - distance, {static_cast<uint8_t*>(got), size}};
  }
  return {};
}

bool rewrite_segment(uint64_t address, uint64_t size, const UnwindView& unwind) {
  CodeView code{address, {reinterpret_cast<uint8_t*>(address), size}};
  uint64_t needed = trampoline_bytes_needed(count_syscall_bytes(code.bytes));
  if (needed == 0) return true;
  TrampolineArea area = reserve(address & ~uint64_t{4095}, needed);
  uint64_t page = address & ~uint64_t{4095}, pages = ((address + size + 4095) & ~uint64_t{4095}) - page;
  if (area.bytes.empty() ||
      mprotect(reinterpret_cast<void*>(page), pages, PROT_READ | PROT_WRITE | PROT_EXEC) != 0)
    return false;
  Result<Outcome> outcome = rewrite(code, unwind, area, {kNativeEntry, kNativeEntryVector}, table);
  if (!outcome.ok()) return false;
  rewritten += outcome.value().rewritten;
  left += outcome.value().left;
  ++modules;
  return mprotect(area.bytes.data(), area.bytes.size(), PROT_READ | PROT_EXEC) == 0 &&
         mprotect(reinterpret_cast<void*>(page), pages, PROT_READ | PROT_EXEC) == 0;
}

int rewrite_module(dl_phdr_info* info, size_t, void*) {
  if (!std::strstr(info->dlpi_name, "libc.so") && !std::strstr(info->dlpi_name, "ld-linux")) return 0;
  UnwindView unwind;
  for (int i = 0; i < info->dlpi_phnum; ++i)
    if (info->dlpi_phdr[i].p_type == PT_GNU_EH_FRAME)
      unwind.header = info->dlpi_addr + info->dlpi_phdr[i].p_vaddr;
  for (int i = 0; i < info->dlpi_phnum; ++i) {
    const Elf64_Phdr& segment = info->dlpi_phdr[i];
    uint64_t begin = info->dlpi_addr + segment.p_vaddr;
    if (segment.p_type == PT_LOAD && unwind.header - begin < segment.p_filesz)
      unwind.data = {begin, {reinterpret_cast<const uint8_t*>(begin), segment.p_filesz}};
  }
  for (int i = 0; i < info->dlpi_phnum; ++i) {
    const Elf64_Phdr& segment = info->dlpi_phdr[i];
    if (segment.p_type == PT_LOAD && (segment.p_flags & PF_X) &&
        !rewrite_segment(info->dlpi_addr + segment.p_vaddr, segment.p_filesz, unwind))
      abort();
  }
  return 0;
}

__attribute__((constructor)) void start() {
  struct sigaction action = {};
  action.sa_sigaction = on_illegal_instruction;
  action.sa_flags = SA_SIGINFO;
  sigaction(SIGILL, &action, nullptr);
  if (!use_native_entry()) abort();
  dl_iterate_phdr(rewrite_module, nullptr);
}

__attribute__((destructor)) void report() {
  const char* path = getenv("REWRITE_REPORT");
  if (!path) return;
  int file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
  if (file < 0) return;
  char line[128];
  int length = std::snprintf(line, sizeof line, "%u %u %u %lu %lu %d\n", modules, rewritten, left,
                             native_syscall_count, native_syscall_count_vector, static_cast<int>(arrivals));
  if (write(file, line, static_cast<size_t>(length)) != length) abort();
  close(file);
}

}  // namespace
}  // namespace scone::rewrite
