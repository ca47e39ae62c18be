#include "host/runner/border_memory.h"

#include <cerrno>

#include "abi/layout.h"
#include "base/checked.h"

namespace scone::host {

Result<BorderMemory> BorderMemory::create(size_t strings_size) {
  const size_t head = align_up(sizeof(Layout) + strings_size, abi::kPageSize);
  const size_t size = head + kArenaSize + kReceiveSize;
  void* base = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (base == MAP_FAILED) return Errno(errno);
  BorderMemory memory(base, size);
  const auto address = [](const void* object) { return reinterpret_cast<uint64_t>(object); };
  Layout& layout = memory.layout();
  abi::StartInfo& start = layout.start;
  start.version = abi::kBorderVersion;
  start.shared_area = address(&layout.shared);
  start.ethread_areas = address(layout.ethreads);
  start.arena = address(base) + head;
  start.arena_size = kArenaSize;
  start.strings = address(memory.strings());
  start.strings_size = strings_size;
  start.stats = address(&layout.stats);
  start.cpuid = address(layout.cpuid);
  start.receive_buffers = address(memory.receive_buffers());
  return memory;
}

}  // namespace scone::host
