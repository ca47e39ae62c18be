#include "enclave/syscall/table.h"

#include <array>

#include "enclave/syscall/handlers.h"

namespace scone::syscall {
namespace {

#define ROW(number, name, signature, support, note) \
  Entry{number, #name, &Adapter<&sys_##name>::call, signature, Support::k##support, note},
constexpr Entry kRows[] = {
#include "enclave/syscall/table.inc"
};
#undef ROW

// Direct index; kNoRow for holes. Built by the compiler, which also refuses duplicates and disorder.
constexpr uint16_t kNoRow = UINT16_MAX;
constexpr auto kIndex = [] {
  std::array<uint16_t, kTableSize> index{};
  for (auto& slot : index) slot = kNoRow;
  int last = -1;
  for (uint16_t i = 0; i < std::size(kRows); ++i) {
    if (static_cast<int>(kRows[i].number) <= last) __builtin_trap();  // table.inc is not sorted by number: not constexpr, so the compiler stops here
    last = kRows[i].number;
    index[kRows[i].number] = i;
  }
  return index;
}();

}  // namespace

const Entry* find(uint64_t number) {
  if (number >= kTableSize || kIndex[number] == kNoRow) return nullptr;
  return &kRows[kIndex[number]];
}

}  // namespace scone::syscall
