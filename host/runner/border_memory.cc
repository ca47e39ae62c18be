#include "host/runner/border_memory.h"

#include <cerrno>

#include "abi/layout.h"
#include "base/checked.h"

namespace scone::host {

Result<BorderMemory> BorderMemory::create(size_t strings_size) {
  const size_t head = align_up(sizeof(Layout) + strings_size, abi::kPageSize);
  const size_t size = head + kArenaSize;
  void* base = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (base == MAP_FAILED) return Errno(errno);
  BorderMemory memory(base, size);
  const auto address = [](const void* object) { return reinterpret_cast<uint64_t>(object); };
  Layout& layout = memory.layout();
  layout.start = {.version = abi::kBorderVersion,
                  .shared_area = address(&layout.shared),
                  .ethread_areas = address(layout.ethreads),
                  .arena = address(base) + head,
                  .arena_size = kArenaSize,
                  .strings = address(memory.strings()),
                  .strings_size = strings_size,
                  .stats = address(&layout.stats),
                  .cpuid = address(layout.cpuid)};
  return memory;
}

}  // namespace scone::host
