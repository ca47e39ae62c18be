// libFuzzer target: code and unwind tables of any content. The input's first two bytes say how much of it is code.
#include <cstdlib>

#include "tests/rewrite/segment.h"

namespace {

using namespace scone::rewrite;

void fuzz(std::span<const uint8_t> input) {
  if (input.size() < 3) return;
  constexpr uint64_t kCode = 0x400000, kTables = 0x500000, kArea = 0x480000;
  constexpr EntryOffsets kEntries{0x48, 0x50};
  size_t code_size = (input[0] | input[1] << 8) % (input.size() - 2);
  std::vector<uint8_t> original(input.begin() + 2, input.begin() + 2 + static_cast<ptrdiff_t>(code_size));
  std::vector<uint8_t> tables(input.begin() + 2 + static_cast<ptrdiff_t>(code_size), input.end());
  std::vector<uint8_t> code = original, area(24 << 10);
  SiteTable table;
  UnwindView unwind{kTables, {kTables, tables}};
  TrampolineArea trampolines{kArea, area};
  if (!rewrite({kCode, code}, unwind, trampolines, kEntries, table, kCode).ok()) abort();
  if (!check(original, code, kCode, trampolines, table, {}, kEntries.general, kEntries.vector).empty()) abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  fuzz({data, size});
  return 0;
}
