// SIGSTRUCT: an author's signed statement about an enclave, which EINIT checks.
//
// Source: SDM vol. 3D, "Enclave Signature Structure (SIGSTRUCT)" and the operation section of EINIT.
#pragma once

#include <cstdint>

#include "base/result.h"
#include "sgx/arch.h"
#include "sgx/measurement.h"
#include "sgx/signing_key.h"

namespace scone::sgx {

// What the author states; everything else in a SIGSTRUCT is fixed or computed.
struct Statement {
  MrEnclave enclave_hash;
  Attributes attributes;
  Attributes attribute_mask;  // bits of attributes that must match
  uint32_t misc_select;
  uint32_t misc_mask;
  uint16_t isv_prod_id;
  uint16_t isv_svn;
  uint32_t date;  // BCD 0xyyyymmdd
};

Result<SigStruct> sign(const Statement& statement, const SigningKey& key);

// What EINIT says about the structure by itself: kSuccess, kInvalidSigStruct (a fixed field is wrong)
// or kInvalidSignature (signature, q1 or q2).
Error verify(const SigStruct& signature);

// SHA-256 of the modulus.
MrSigner mr_signer(const SigStruct& signature);

}  // namespace scone::sgx
