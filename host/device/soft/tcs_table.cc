#include "host/device/soft/tcs_table.h"

#include <algorithm>

namespace scone::host::soft {
namespace {

constexpr uint64_t kLimitLowBits = 0xfff;  // FSLIMIT and GSLIMIT must end in these, even if unused

bool offset_in_range(const SoftEnclave& enclave, uint64_t offset) { return offset < enclave.secs.size; }

}  // namespace

bool tcs_is_well_formed(const SoftEnclave& enclave, const sgx::Tcs& tcs) {
  bool reserved_zero = std::ranges::all_of(tcs.reserved, [](uint8_t byte) { return byte == 0; });
  uint64_t frames = uint64_t{tcs.nssa} * enclave.secs.ssa_frame_size * sgx::kPageSize;
  return reserved_zero && tcs.state == 0 && tcs.flags == 0 && tcs.ossa % sgx::kPageSize == 0 &&
         tcs.cssa == 0 && tcs.nssa > 0 && frames <= enclave.secs.size &&
         tcs.ossa <= enclave.secs.size - frames && offset_in_range(enclave, tcs.oentry) &&
         tcs.ofs_base % sgx::kPageSize == 0 && tcs.ogs_base % sgx::kPageSize == 0 &&
         offset_in_range(enclave, tcs.ofs_base) && offset_in_range(enclave, tcs.ogs_base) &&
         (tcs.fs_limit & kLimitLowBits) == kLimitLowBits && (tcs.gs_limit & kLimitLowBits) == kLimitLowBits;
}

bool add_tcs(SoftEnclave& enclave, uint64_t address, const sgx::Tcs& tcs) {
  for (SoftTcs& slot : enclave.tcs) {
    if (slot.valid.load(std::memory_order_relaxed)) continue;
    uint64_t base = enclave.secs.base;
    slot.cssa = tcs.cssa;
    slot.nssa = tcs.nssa;
    slot.address = address;
    slot.ssa = base + tcs.ossa;
    slot.entry = base + tcs.oentry;
    slot.fs_base = base + tcs.ofs_base;
    slot.gs_base = base + tcs.ogs_base;
    slot.valid.store(true, std::memory_order_release);
    return true;
  }
  return false;
}

void remove_tcs(SoftEnclave& enclave, uint64_t address) {
  if (SoftTcs* tcs = enclave.find_tcs(address)) tcs->valid.store(false, std::memory_order_release);
}

}  // namespace scone::host::soft
