// Keys of the model: derived as EGETKEY derives them, from a root that is no secret.
//
// The root is a published constant. So a key protects nothing from the host, but it depends on identity, policy and versions
// exactly as a processor's keys do, and sealed data survives restarts.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>

#include "sgx/arch.h"

struct evp_mac_st;

namespace scone::host::soft {

using Key = std::array<uint8_t, 16>;

// The model's CPUSVN: all ones, which no processor reports. It marks reports as made by software.
inline constexpr uint8_t kSoftwareCpuSvn = 0xff;

// What a key depends on (SDM vol. 3D, EGETKEY, "Key Derivation"); fields that a key name or policy leaves out are zero.
struct KeyDependencies {
  uint16_t key_name;
  uint16_t isv_prod_id;
  uint16_t isv_svn;
  uint16_t config_svn;
  uint32_t misc_select;
  uint32_t misc_mask;
  sgx::Attributes attributes;
  sgx::Attributes attribute_mask;
  uint8_t isv_ext_prod_id[16];
  uint8_t isv_family_id[16];
  uint8_t mr_enclave[32];
  uint8_t mr_signer[32];
  uint8_t key_id[32];
  uint8_t cpu_svn[16];
  uint8_t config_id[64];
};
static_assert(sizeof(KeyDependencies) == 256);  // no padding: hashed as bytes

// Thread safe.
class Keys {
 public:
  Keys();
  ~Keys();
  Key derive(const KeyDependencies& dependencies) const;
  // AES-128-CMAC (NIST SP 800-38B).
  Key mac(const Key& key, std::span<const uint8_t> message) const;
  // CR_REPORT_KEYID: random, new in each process as it is at each reset of a processor.
  const std::array<uint8_t, 32>& report_key_id() const { return report_key_id_; }

 private:
  struct FreeMac {
    void operator()(evp_mac_st* mac) const;
  };
  std::unique_ptr<evp_mac_st, FreeMac> cmac_;
  std::array<uint8_t, 32> report_key_id_;
};

}  // namespace scone::host::soft
