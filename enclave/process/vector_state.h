// The XSAVE area within a signal frame: what the kernel adds to it, and what must be checked when a handler gives it back.
// Formats: SDM vol. 1, 13.4 (XSAVE area); <asm/sigcontext.h> (struct _fpx_sw_bytes). Pure.
#pragma once

#include <cstdint>

namespace scone::process {

inline constexpr uint64_t kLegacyAreaSize = 512;
inline constexpr uint64_t kXsaveHeaderSize = 64;
inline constexpr uint32_t kMagic1 = 0x46505853;  // FP_XSTATE_MAGIC1
inline constexpr uint32_t kMagic2 = 0x46505845;  // FP_XSTATE_MAGIC2
inline constexpr uint64_t kMagic2Size = 4;

// Which state the enclave's XSAVE areas hold (standard format).
struct VectorLayout {
  uint64_t features;  // XCR0 bits, at least x87 and SSE
  uint64_t size;      // bytes, of legacy area, header and components
};

// Components beyond AVX lie at other offsets on other processors, and CPUID, which knows them, is the host's word. So this
// is the size that suffices for all.
constexpr VectorLayout layout_for(uint64_t features) {
  const uint64_t avx = 1 << 2, avx512 = 7 << 5;
  const uint64_t size = features & avx512 ? 2688 : features & avx ? 832 : kLegacyAreaSize + kXsaveHeaderSize;
  return {features, size};
}

// Writes the words by which the kernel marks an area inside a signal frame: into bytes 464..511 ("software
// bytes"). The second magic number, which follows the area, is the caller's.
void mark_for_frame(uint8_t* area, const VectorLayout& layout);

// What a frame's legacy area says about the rest: true if a full area of `layout` follows (the second magic
// number remains to be checked); false if only the legacy area can be used.
bool has_extended_state(const uint8_t* legacy_area, const VectorLayout& layout);

// Makes an area from a program safe to XRSTOR: no #GP whatever it contained (SDM vol. 1, 13.8.1).
// extended: the header is the program's; otherwise only x87 and SSE are taken, all else gets its initial value.
void sanitise(uint8_t* area, const VectorLayout& layout, bool extended);

// The state in which a program, or a signal handler, starts.
void set_initial_state(uint8_t* area);

}  // namespace scone::process
