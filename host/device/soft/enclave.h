// What the model knows about its one enclave.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "host/device/soft/epcm.h"
#include "host/device/soft/keys.h"
#include "host/device/soft/page_table.h"
#include "sgx/arch.h"
#include "sgx/measurement.h"

namespace scone::host::soft {

// strict: every ENCLU traps and is emulated. fast: the image's own ENCLU sites call the model.
enum class Fidelity { kStrict, kFast };

// A TCS, with offsets turned into addresses. Lives in the model: the page itself is not accessible to software.
struct alignas(64) SoftTcs {
  std::atomic<uint32_t> busy{0};  // a logical processor is inside
  std::atomic<bool> valid{false};
  uint32_t cssa = 0;
  uint32_t nssa = 0;
  uint64_t address = 0;
  uint64_t ssa = 0;
  uint64_t entry = 0;
  uint64_t fs_base = 0;
  uint64_t gs_base = 0;
};

inline constexpr size_t kMaxTcs = 256;

// An exception that a leaf or an instruction inside raises.
struct Fault {
  uint8_t vector;
  uint32_t error_code = 0;
  uint64_t address = 0;
};

struct SoftEnclave {
  SoftEnclave(Fidelity fidelity_of, uint64_t cost_of) : fidelity(fidelity_of), cost(cost_of), pages(epcm) {}

  const Fidelity fidelity;
  const uint64_t cost;  // cycles that an exit and the next entry take together
  sgx::Secs secs{};
  bool created = false;
  bool initialized = false;
  uint64_t xsave_size = 0;  // bytes of the XSAVE area for secs.attributes.xfrm, standard format
  std::optional<sgx::Measurement> measurement;
  Epcm epcm;
  PageTable pages;
  std::array<SoftTcs, kMaxTcs> tcs;
  Keys keys;
  std::vector<uint64_t> enclu_sites;  // offsets
  uint64_t gate = 0;                  // address of the gate page; 0: none
  std::string error;                  // for EnclaveDevice::last_error()

  uint64_t end() const { return secs.base + secs.size; }
  bool contains(uint64_t address) const { return address - secs.base < secs.size; }
  bool in_gate(uint64_t address) const { return gate && address - gate < sgx::kPageSize; }
  // Precondition: contains(address).
  uint64_t page_of(uint64_t address) const { return (address - secs.base) / sgx::kPageSize; }
  EpcmEntry entry_of(uint64_t address) const { return epcm.get(page_of(address)); }

  SoftTcs* find_tcs(uint64_t address) {
    for (SoftTcs& t : tcs)
      if (t.address == address && t.valid.load(std::memory_order_acquire)) return &t;
    return nullptr;
  }
};

}  // namespace scone::host::soft
