// The files of /proc/self about memory.
#include "enclave/file/proc_memory.h"

#include "enclave/file/maps_text.h"
#include "enclave/file/proc_files.h"
#include "enclave/mm/program.h"

namespace scone::file {
namespace {

constexpr uint64_t kPage = 4096;

void append_size_line(Text& to, std::string_view name, uint64_t bytes) {
  to.append(name);
  to.append_number(bytes >> 10, 8);
  to.append(" kB\n");
}

}  // namespace

MemoryFigures memory_figures() {
  MemoryFigures figures{};
  mm::program().for_each_vma([&](const mm::VmaInfo& vma) {
    const uint64_t size = vma.end - vma.begin;
    figures.size += size;
    if (mm::has(vma.prot, mm::Prot::kExecute)) figures.code += size;
    if (mm::has(vma.prot, mm::Prot::kWrite) && !vma.shared) figures.data += size;
    if (vma.name == "[stack]") figures.stack += size;
  });
  figures.resident = mm::program().committed_pages() * kPage;
  if (figures.resident > figures.size) figures.resident = figures.size;
  return figures;
}

Result<void> generate_maps(Text& to, int) {
  mm::program().for_each_vma([&](const mm::VmaInfo& vma) { append_map_line(to, vma); });
  return ok();
}

// Which pages of a mapping are there is not counted by mapping; all of Rss is reported at the process's first one.
Result<void> generate_smaps(Text& to, int) {
  uint64_t resident = memory_figures().resident;
  mm::program().for_each_vma([&](const mm::VmaInfo& vma) {
    append_map_line(to, vma);
    const uint64_t size = vma.end - vma.begin;
    const uint64_t here = size < resident ? size : resident;
    resident -= here;
    append_size_line(to, "Size:           ", size);
    append_size_line(to, "KernelPageSize: ", kPage);
    append_size_line(to, "MMUPageSize:    ", kPage);
    append_size_line(to, "Rss:            ", here);
    append_size_line(to, "Pss:            ", here);
    append_size_line(to, "Private_Dirty:  ", here);
    append_size_line(to, "Swap:           ", 0);
  });
  return ok();
}

Result<void> generate_statm(Text& to, int) {
  const MemoryFigures figures = memory_figures();
  const uint64_t columns[] = {figures.size, figures.resident, 0, figures.code, 0, figures.data, 0};
  for (const uint64_t& column : columns) {
    if (&column != columns) to.append(" ");
    to.append_number(column / kPage);
  }
  to.append("\n");
  return ok();
}

}  // namespace scone::file
