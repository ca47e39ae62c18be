// The test enclave on the software device, with a small runner around it.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <functional>
#include <memory>
#include <string>

#include "host/device/soft/soft_device.h"
#include "host/runner/image.h"
#include "tests/sgx/enclave/protocol.h"

namespace scone::test {

inline constexpr uint64_t kSkipped = ~uint64_t{0};

// The image of tests/sgx/enclave; ends the process if there is none.
host::Image open_test_enclave();

class TestMachine {
 public:
  explicit TestMachine(host::soft::SoftOptions options, uint32_t ethreads = 1)
      : TestMachine(host::soft::make_soft_device(options), ethreads) {}
  explicit TestMachine(std::unique_ptr<host::EnclaveDevice> device, uint32_t ethreads = 1);

  host::EnclaveDevice& device() { return *device_; }
  const host::Image& image() const { return image_; }
  const host::ImageParameters& parameters() const { return parameters_; }
  Arguments& arguments() { return *arguments_; }
  host::EnclaveRun& run() { return run_; }
  uint64_t tcs(uint32_t ethread = 0) const { return image_.tcs_address(parameters_, ethread); }

  // One enter() on ethread 0. Returns what enter() returns; run() says more.
  int enter(Command command, uint32_t leaf = sgx::kEenter);
  // Enters, and as long as an exception ends the stay enters again with `on_exception` and resumes. Returns the number of exceptions.
  int run_command(Command command, Command on_exception = Command::kSkip);
  // ENCLU leaf in the enclave; its RAX, or kSkipped if it raised an exception.
  uint64_t pages(uint64_t leaf, uint64_t flags, uint64_t page, uint64_t source, uint64_t count);
  // out[0] of a command with up to two arguments, exceptions skipped.
  uint64_t result(Command command, uint64_t a = 0, uint64_t b = 0);

 private:
  host::ImageParameters parameters_;
  std::unique_ptr<host::EnclaveDevice> device_;
  host::Image image_;
  std::unique_ptr<Arguments> arguments_;
  host::EnclaveRun run_{};
};

// Every test runs in both fidelities; the outcome must be the same.
class BothFidelities : public testing::TestWithParam<host::soft::Fidelity> {
 protected:
  host::soft::SoftOptions options() const { return {GetParam(), 0}; }
};
inline std::string fidelity_name(const testing::TestParamInfo<host::soft::Fidelity>& info) {
  return info.param == host::soft::Fidelity::kStrict ? "strict" : "fast";
}
#define SCONE_BOTH_FIDELITIES(suite)                                                                      \
  INSTANTIATE_TEST_SUITE_P(                                                                               \
      , suite, testing::Values(scone::host::soft::Fidelity::kStrict, scone::host::soft::Fidelity::kFast), \
      scone::test::fidelity_name)

}  // namespace scone::test
