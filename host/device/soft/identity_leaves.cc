#include "host/device/soft/identity_leaves.h"

#include <algorithm>
#include <cstring>

#include "host/device/soft/enclave_memory.h"

namespace scone::host::soft {
namespace {

constexpr uint64_t kZeroFlag = 0x40;
constexpr uint64_t kArithmeticFlags = 0x8d5;  // CF PF AF ZF SF OF
constexpr uint16_t kKssPolicies =
    sgx::kPolicyNoIsvProdId | sgx::kPolicyConfigId | sgx::kPolicyIsvFamilyId | sgx::kPolicyIsvExtProdId;
constexpr uint16_t kKnownPolicies = sgx::kPolicyMrEnclave | sgx::kPolicyMrSigner | kKssPolicies;

// Attributes that always go into a key, whatever the request's mask: INIT and DEBUG.
constexpr uint64_t kForcedAttributes = sgx::kAttributeInit | sgx::kAttributeDebug;

sgx::ReportBody report_body(const sgx::Secs& secs, const sgx::ReportData& data) {
  sgx::ReportBody body{};
  std::memset(body.cpu_svn, kSoftwareCpuSvn, sizeof body.cpu_svn);
  body.misc_select = secs.misc_select;
  body.attributes = secs.attributes;
  std::ranges::copy(secs.mr_enclave, body.mr_enclave);
  std::ranges::copy(secs.mr_signer, body.mr_signer);
  std::ranges::copy(secs.config_id, body.config_id);
  body.isv_prod_id = secs.isv_prod_id;
  body.isv_svn = secs.isv_svn;
  body.config_svn = secs.config_svn;
  std::ranges::copy(data.bytes, body.report_data);
  return body;
}

// The key with which the target can check a report (the same that its EGETKEY(REPORT) gives).
Key report_key(const Keys& keys, const uint8_t (&measurement)[32], const sgx::Attributes& attributes,
               uint32_t misc_select, const uint8_t (&config_id)[64], uint16_t config_svn,
               const uint8_t* key_id) {
  KeyDependencies d{};
  d.key_name = sgx::kKeyReport;
  d.attributes = attributes;
  d.misc_select = misc_select;
  d.config_svn = config_svn;
  std::ranges::copy(measurement, d.mr_enclave);
  std::ranges::copy(config_id, d.config_id);
  std::memcpy(d.key_id, key_id, sizeof d.key_id);
  std::memset(d.cpu_svn, kSoftwareCpuSvn, sizeof d.cpu_svn);
  return keys.derive(d);
}

bool well_formed(const sgx::Secs& secs, const sgx::KeyRequest& request) {
  bool reserved_zero = request.reserved1 == 0 &&
                       std::ranges::all_of(request.reserved2, [](uint8_t byte) { return byte == 0; });
  bool kss = secs.attributes.flags & sgx::kAttributeKss;
  return reserved_zero && !(request.key_policy & ~kKnownPolicies) &&
         (kss || !(request.key_policy & kKssPolicies)) && (kss || request.config_svn == 0);
}

sgx::Error check_request(const sgx::Secs& secs, const sgx::KeyRequest& request) {
  switch (request.key_name) {
    case sgx::kKeyReport:
      return sgx::kSuccess;
    case sgx::kKeySeal:
      break;
    case sgx::kKeyProvision:
    case sgx::kKeyProvisionSeal:
      if (!(secs.attributes.flags & sgx::kAttributeProvisionKey)) return sgx::kInvalidAttribute;
      break;
    case sgx::kKeyEinittoken:
      if (!(secs.attributes.flags & sgx::kAttributeEinittokenKey)) return sgx::kInvalidAttribute;
      break;
    default:
      return sgx::kInvalidKeyname;
  }
  // No CPUSVN is beyond the model's, which is all ones.
  return request.isv_svn > secs.isv_svn || request.config_svn > secs.config_svn ? sgx::kInvalidIsvsvn
                                                                                : sgx::kSuccess;
}

// Seal, provisioning and launch keys: identity by policy, attributes by mask.
Key policy_key(const SoftEnclave& enclave, const sgx::KeyRequest& request) {
  const sgx::Secs& secs = enclave.secs;
  KeyDependencies d{};
  uint16_t policy = request.key_policy;
  bool seal = request.key_name == sgx::kKeySeal;
  if (request.key_name == sgx::kKeyProvision || request.key_name == sgx::kKeyProvisionSeal)
    policy = sgx::kPolicyMrSigner;
  d.key_name = request.key_name;
  d.isv_svn = request.isv_svn;
  d.isv_prod_id = policy & sgx::kPolicyNoIsvProdId ? 0 : secs.isv_prod_id;
  d.misc_select = secs.misc_select & request.misc_mask;
  d.misc_mask = ~request.misc_mask;
  d.attributes.flags = secs.attributes.flags & (request.attribute_mask.flags | kForcedAttributes);
  d.attributes.xfrm = secs.attributes.xfrm & request.attribute_mask.xfrm;
  d.attribute_mask = request.attribute_mask;
  std::ranges::copy(request.cpu_svn, d.cpu_svn);
  if (seal) std::ranges::copy(request.key_id, d.key_id);
  if (policy & sgx::kPolicyMrEnclave) std::ranges::copy(secs.mr_enclave, d.mr_enclave);
  if (policy & sgx::kPolicyMrSigner) std::ranges::copy(secs.mr_signer, d.mr_signer);
  if (policy & sgx::kPolicyConfigId) {
    std::ranges::copy(secs.config_id, d.config_id);
    d.config_svn = request.config_svn;
  }
  return enclave.keys.derive(d);
}

}  // namespace

void set_leaf_result(sgx::GprSgx& registers, sgx::Error error) {
  registers.rax = error;
  registers.rflags &= ~kArithmeticFlags;
  if (error != sgx::kSuccess) registers.rflags |= kZeroFlag;
}

std::optional<Fault> ereport(SoftEnclave& enclave, sgx::GprSgx& r) {
  if (auto fault = check_operand(enclave, r.rbx, alignof(sgx::TargetInfo))) return fault;
  if (auto fault = check_operand(enclave, r.rcx, alignof(sgx::ReportData))) return fault;
  if (auto fault = check_operand(enclave, r.rdx, sgx::kReportAlignment)) return fault;
  sgx::TargetInfo target;
  sgx::ReportData data;
  if (auto fault = read_operand(enclave, r.rbx, target)) return fault;
  if (auto fault = read_operand(enclave, r.rcx, data.bytes)) return fault;
  sgx::Report report{};
  report.body = report_body(enclave.secs, data);
  std::ranges::copy(enclave.keys.report_key_id(), report.key_id);
  Key key = report_key(enclave.keys, target.measurement, target.attributes, target.misc_select,
                       target.config_id, target.config_svn, report.key_id);
  Key mac = enclave.keys.mac(key, {reinterpret_cast<const uint8_t*>(&report.body), sizeof report.body});
  std::ranges::copy(mac, report.mac);
  return write_operand(enclave, r.rdx, report);
}

std::optional<Fault> egetkey(SoftEnclave& enclave, sgx::GprSgx& r) {
  if (auto fault = check_operand(enclave, r.rbx, alignof(sgx::KeyRequest))) return fault;
  if (auto fault = check_operand(enclave, r.rcx, sizeof(Key))) return fault;
  sgx::KeyRequest request;
  if (auto fault = read_operand(enclave, r.rbx, request)) return fault;
  const sgx::Secs& secs = enclave.secs;
  if (!well_formed(secs, request)) return kGeneralProtection;
  sgx::Error error = check_request(secs, request);
  if (error == sgx::kSuccess) {
    Key key = request.key_name == sgx::kKeyReport
                  ? report_key(enclave.keys, secs.mr_enclave, secs.attributes, secs.misc_select,
                               secs.config_id, secs.config_svn, request.key_id)
                  : policy_key(enclave, request);
    if (auto fault = write_operand(enclave, r.rcx, key)) return fault;
  }
  set_leaf_result(r, error);
  return std::nullopt;
}

}  // namespace scone::host::soft
