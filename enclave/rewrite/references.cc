#include "enclave/rewrite/references.h"

#include "base/min_max.h"

namespace scone::rewrite {
namespace {

template <typename T>
T load(const uint8_t* from) {
  T value;
  __builtin_memcpy(&value, from, sizeof(T));
  return value;
}

constexpr uint8_t kCall = 0xe8;
constexpr uint64_t kOnes = 0x0101010101010101, kHighs = 0x8080808080808080;
constexpr uint64_t each(uint8_t byte) { return byte * kOnes; }

// The highest bit of each byte that is zero.
constexpr uint64_t zero_bytes(uint64_t word) { return ~(((word & ~kHighs) + ~kHighs) | word | ~kHighs); }

// Calls found(offset) for each 0f 05; found returns false to stop. Eight positions at a time.
template <typename Found>
void for_each_syscall(std::span<const uint8_t> code, Found found) {
  const uint8_t* bytes = code.data();
  size_t i = 0;
  for (; i + 9 <= code.size(); i += 8) {
    uint64_t differs =
        (load<uint64_t>(bytes + i) ^ each(0x0f)) | (load<uint64_t>(bytes + i + 1) ^ each(0x05));
    for (uint64_t hits = zero_bytes(differs); hits != 0; hits &= hits - 1)
      if (!found(i + static_cast<size_t>(__builtin_ctzll(hits)) / 8)) return;
  }
  for (; i + 1 < code.size(); ++i)
    if (bytes[i] == 0x0f && bytes[i + 1] == 0x05 && !found(i)) return;
}

// The positions (highest bits of bytes) among eight at which a displacement may begin: behind the opcode of call or
// jmp, of jcc, or of `lea reg, [rip + displacement]`. Precondition: at[-2] to at[6] are readable.
uint64_t displacements(const uint8_t* at) {
  const uint64_t last = load<uint64_t>(at - 1), before = load<uint64_t>(at - 2);
  const uint64_t call = (last ^ each(0xe8)) & each(0xfe);
  const uint64_t branch = (before ^ each(0x0f)) | ((last ^ each(0x80)) & each(0xf0));
  const uint64_t lea = (before ^ each(0x8d)) | ((last ^ each(0x05)) & each(0xc7));
  return zero_bytes(call) | zero_bytes(branch) | zero_bytes(lea);
}

// The same for 64 positions, a bit each. Precondition: at[-2] to at[62] are readable.
uint64_t displacements_in_64(const uint8_t* at) {
  uint64_t found = 0;
  for (unsigned i = 0; i < 64; i += 8)
    found |= ((displacements(at + i) >> 7) * 0x0102040810204080 >> 56) << i;
  return found;
}

}  // namespace

bool has_syscall_bytes(std::span<const uint8_t> code) {
  bool has = false;
  for_each_syscall(code, [&](size_t) { return !(has = true); });
  return has;
}

uint64_t count_syscall_bytes(std::span<const uint8_t> code) {
  uint64_t count = 0;
  for_each_syscall(code, [&](size_t) { return ++count != 0; });
  return count;
}

Result<Array<uint32_t>> find_syscall_bytes(std::span<const uint8_t> code) {
  Array<uint32_t> found;
  bool complete = true;
  for_each_syscall(code,
                   [&](size_t offset) { return complete = found.push(static_cast<uint32_t>(offset)).ok(); });
  if (!complete) return Errno(ENOMEM);
  return found;
}

Result<References> find_references(std::span<const uint8_t> code, bool calls) {
  const uint8_t* bytes = code.data();
  const uint32_t size = static_cast<uint32_t>(code.size());
  // What leads outside is marked, too, in one bit more: every other one does, at random, which no processor predicts.
  References found;
  found.targets = TRY(Bitmap::create(size + 1));
  if (calls) found.calls = TRY(Bitmap::create(size + 1));
  auto note = [&](uint32_t at) {
    const uint32_t target = min_of(at + 4 + load<uint32_t>(bytes + at), size);
    found.targets.set(target);
    if (calls) found.calls.set(bytes[at - 1] == kCall ? target : size);
  };
  uint32_t i = 2;
  for (; uint64_t{i} + 64 + 3 <= size; i += 64)
    for (uint64_t hits = displacements_in_64(bytes + i); hits != 0; hits &= hits - 1)
      note(i + static_cast<uint32_t>(__builtin_ctzll(hits)));
  // The last few: whatever stands before them.
  for (; i + 4 <= size; ++i) note(i);
  return found;
}

}  // namespace scone::rewrite
