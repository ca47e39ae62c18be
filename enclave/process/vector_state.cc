#include "enclave/process/vector_state.h"

#include "enclave/runtime/memory.h"

namespace scone::process {
namespace {

constexpr uint64_t kMxcsrOffset = 24;
constexpr uint64_t kSoftwareBytesOffset = 464;
constexpr uint32_t kMxcsrInitial = 0x1f80;
constexpr uint32_t kMxcsrBits = 0xffff;  // the others are reserved; every CPU with SGX has DAZ, bit 6
constexpr uint64_t kFeaturesLegacy = 3;  // x87, SSE

struct SoftwareBytes {  // struct _fpx_sw_bytes
  uint32_t magic1;
  uint32_t extended_size;  // of area and second magic number
  uint64_t features;
  uint32_t state_size;
  uint32_t reserved[7];
};
static_assert(sizeof(SoftwareBytes) == kLegacyAreaSize - kSoftwareBytesOffset);

struct XsaveHeader {
  uint64_t present;  // XSTATE_BV
  uint64_t compact;  // XCOMP_BV
  uint64_t reserved[6];
};
static_assert(sizeof(XsaveHeader) == kXsaveHeaderSize);

}  // namespace

void mark_for_frame(uint8_t* area, const VectorLayout& layout) {
  SoftwareBytes bytes{};
  bytes.magic1 = kMagic1;
  bytes.extended_size = static_cast<uint32_t>(layout.size + kMagic2Size);
  bytes.features = layout.features;
  bytes.state_size = static_cast<uint32_t>(layout.size);
  memcpy(area + kSoftwareBytesOffset, &bytes, sizeof bytes);
}

bool has_extended_state(const uint8_t* legacy_area, const VectorLayout& layout) {
  SoftwareBytes bytes;
  memcpy(&bytes, legacy_area + kSoftwareBytesOffset, sizeof bytes);
  return bytes.magic1 == kMagic1 && bytes.state_size == layout.size &&
         bytes.extended_size == layout.size + kMagic2Size;
}

void sanitise(uint8_t* area, const VectorLayout& layout, bool extended) {
  uint32_t mxcsr;
  memcpy(&mxcsr, area + kMxcsrOffset, sizeof mxcsr);
  mxcsr &= kMxcsrBits;
  memcpy(area + kMxcsrOffset, &mxcsr, sizeof mxcsr);

  XsaveHeader header{};
  header.present = kFeaturesLegacy;
  if (extended) {
    memcpy(&header.present, area + kLegacyAreaSize, sizeof header.present);
    header.present &= layout.features;
  }
  memcpy(area + kLegacyAreaSize, &header, sizeof header);
}

void set_initial_state(uint8_t* area) {
  memset(area, 0, kLegacyAreaSize + kXsaveHeaderSize);
  // With an empty XSTATE_BV everything gets its initial value, but MXCSR is loaded from the area all the same.
  memcpy(area + kMxcsrOffset, &kMxcsrInitial, sizeof kMxcsrInitial);
}

}  // namespace scone::process
