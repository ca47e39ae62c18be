// EREPORT and EGETKEY: who the enclave is, and keys that depend on it.
#include "host/runner/development_signing.h"
#include "tests/sgx/test_machine.h"

namespace scone::test {
namespace {

using Key = std::array<uint8_t, 16>;

class Identity : public BothFidelities {
 protected:
  static sgx::Report report(TestMachine& machine, const sgx::TargetInfo& target) {
    std::memcpy(machine.arguments().bytes, &target, sizeof target);
    for (uint64_t i = 0; i < 8; ++i) machine.arguments().in[i] = 0x1111 * i;
    EXPECT_EQ(machine.run_command(Command::kReport), 0);
    sgx::Report report;
    std::memcpy(&report, machine.arguments().bytes, sizeof report);
    return report;
  }
  static std::pair<uint64_t, Key> key(TestMachine& machine, const sgx::KeyRequest& request) {
    std::memcpy(machine.arguments().bytes, &request, sizeof request);
    machine.run_command(Command::kKey);
    Key key;
    std::memcpy(key.data(), machine.arguments().bytes, key.size());
    return {machine.arguments().out[0], key};
  }
  static sgx::KeyRequest seal_request(uint16_t policy) {
    sgx::KeyRequest request{};
    request.key_name = sgx::kKeySeal;
    request.key_policy = policy;
    request.attribute_mask = {~uint64_t{0}, 0};
    request.key_id[3] = 9;
    return request;
  }
  static Key seal_key(const host::soft::SoftOptions& options, uint16_t policy, uint32_t ethreads = 1) {
    TestMachine machine(options, ethreads);
    auto [error, value] = key(machine, seal_request(policy));
    EXPECT_EQ(error, sgx::kSuccess);
    return value;
  }
};

sgx::TargetInfo self_as_target(const TestMachine& machine) {
  sgx::TargetInfo target{};
  sgx::Secs secs = machine.image().secs(machine.parameters());
  std::memcpy(target.measurement, machine.image().measure(machine.parameters()).data(), 32);
  target.attributes = secs.attributes;
  target.attributes.flags |= sgx::kAttributeInit;
  target.misc_select = secs.misc_select;
  return target;
}

TEST_P(Identity, AReportSaysWhoMadeItAndCarriesItsData) {
  TestMachine machine(options());
  sgx::Report r = report(machine, self_as_target(machine));
  EXPECT_EQ(std::memcmp(r.body.mr_enclave, machine.image().measure(machine.parameters()).data(), 32), 0);
  EXPECT_EQ(r.body.attributes.flags, uint64_t{sgx::kAttributeMode64 | sgx::kAttributeInit});
  EXPECT_EQ(r.body.report_data[8], 0x11);
  EXPECT_EQ(r.body.cpu_svn[0], 0xff) << "software says that it is software";
}

TEST_P(Identity, TheTargetCanCheckAReportAndOthersCannotForgeIt) {
  TestMachine machine(options());
  sgx::Report r = report(machine, self_as_target(machine));
  sgx::KeyRequest request{};
  request.key_name = sgx::kKeyReport;
  std::memcpy(request.key_id, r.key_id, sizeof r.key_id);
  auto [error, report_key] = key(machine, request);
  ASSERT_EQ(error, sgx::kSuccess);
  auto mac = [&](const sgx::ReportBody& body) {
    return host::soft::Keys().mac(report_key, {reinterpret_cast<const uint8_t*>(&body), sizeof body});
  };
  EXPECT_EQ(std::memcmp(mac(r.body).data(), r.mac, 16), 0);
  r.body.mr_enclave[0] ^= 1;
  EXPECT_NE(std::memcmp(mac(r.body).data(), r.mac, 16), 0);
}

TEST_P(Identity, AReportForAnotherTargetHasAnotherKey) {
  TestMachine machine(options());
  sgx::TargetInfo self = self_as_target(machine), other = self;
  other.measurement[5] ^= 1;
  sgx::Report for_self = report(machine, self), for_other = report(machine, other);
  EXPECT_EQ(std::memcmp(&for_self.body, &for_other.body, sizeof for_self.body), 0);
  EXPECT_NE(std::memcmp(for_self.mac, for_other.mac, 16), 0);
}

TEST_P(Identity, SealKeysFollowTheirPolicyAndSurviveARestart) {
  EXPECT_EQ(seal_key(options(), sgx::kPolicyMrEnclave), seal_key(options(), sgx::kPolicyMrEnclave));
  EXPECT_NE(seal_key(options(), sgx::kPolicyMrEnclave), seal_key(options(), sgx::kPolicyMrEnclave, 2));
  EXPECT_EQ(seal_key(options(), sgx::kPolicyMrSigner), seal_key(options(), sgx::kPolicyMrSigner, 2));
  EXPECT_NE(seal_key(options(), sgx::kPolicyMrSigner), seal_key(options(), sgx::kPolicyMrEnclave));
}

TEST_P(Identity, KeysDependOnTheRequest) {
  TestMachine machine(options());
  sgx::KeyRequest request = seal_request(sgx::kPolicyMrSigner), other_id = request, other_cpu = request;
  other_id.key_id[3] = 10;
  other_cpu.cpu_svn[0] = 1;
  Key base = key(machine, request).second;
  EXPECT_NE(base, key(machine, other_id).second);
  EXPECT_NE(base, key(machine, other_cpu).second);
}

TEST_P(Identity, KeysThatAreNotTheEnclavesAreRefused) {
  TestMachine machine(options());
  sgx::KeyRequest provision = seal_request(0), launch = provision, unknown = provision, newer = provision;
  provision.key_name = sgx::kKeyProvision;
  launch.key_name = sgx::kKeyEinittoken;
  unknown.key_name = 77;
  newer.isv_svn = 1;
  EXPECT_EQ(key(machine, provision).first, sgx::kInvalidAttribute);
  EXPECT_EQ(key(machine, launch).first, sgx::kInvalidAttribute);
  EXPECT_EQ(key(machine, unknown).first, sgx::kInvalidKeyname);
  EXPECT_EQ(key(machine, newer).first, sgx::kInvalidIsvsvn);
}

TEST_P(Identity, AMalformedKeyRequestIsAGeneralProtectionFault) {
  TestMachine machine(options());
  sgx::KeyRequest request = seal_request(0x8000);
  EXPECT_EQ(key(machine, request).first, kSkipped);
  request = seal_request(0);
  request.reserved2[100] = 1;
  EXPECT_EQ(key(machine, request).first, kSkipped);
}

TEST_P(Identity, OperandsOutsideOfTheEnclaveFault) {
  TestMachine machine(options());
  Arguments& a = machine.arguments();
  a.in[0] = sgx::kEgetkey;
  a.in[1] = reinterpret_cast<uint64_t>(a.bytes);  // host memory
  a.in[2] = machine.tcs() + 4 * sgx::kPageSize;
  EXPECT_EQ(machine.run_command(Command::kOneLeaf), 1);
  EXPECT_EQ(sgx::ExitInfo{static_cast<uint32_t>(a.out[8])}.vector(), sgx::kVectorGp);
  a.in[1] = machine.tcs();  // not accessible to software
  EXPECT_EQ(machine.run_command(Command::kOneLeaf), 1);
  EXPECT_EQ(sgx::ExitInfo{static_cast<uint32_t>(a.out[8])}.vector(), sgx::kVectorPf);
  EXPECT_EQ(a.out[9], machine.tcs());
}

SCONE_BOTH_FIDELITIES(Identity);

}  // namespace
}  // namespace scone::test
