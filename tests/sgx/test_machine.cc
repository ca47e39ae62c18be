#include "tests/sgx/test_machine.h"

namespace scone::test {

host::Image open_test_enclave() {
  std::string error;
  auto image = host::Image::open(TEST_ENCLAVE, error);
  if (!image.ok()) {
    ADD_FAILURE() << error;
    abort();
  }
  return image.take();
}

TestMachine::TestMachine(std::unique_ptr<host::EnclaveDevice> device, uint32_t ethreads)
    : device_(std::move(device)), image_(open_test_enclave()), arguments_(new Arguments{}) {
  parameters_.ethreads = ethreads;
  std::string error;
  auto built = image_.build(*device_, parameters_, error);
  EXPECT_TRUE(built.ok()) << error;
  auto attached = device_->attach_thread();
  EXPECT_TRUE(attached.ok()) << device_->last_error();
}

int TestMachine::enter(Command command, uint32_t leaf) {
  run_ = {};
  run_.tcs = tcs();
  return device_->enter(static_cast<uint64_t>(command), reinterpret_cast<uint64_t>(arguments_.get()), 0x1d1d,
                        leaf, 0x88, 0x99, run_);
}

int TestMachine::run_command(Command command, Command on_exception) {
  int exceptions = 0;
  EXPECT_EQ(enter(command), 0);
  while (run_.function != sgx::kEexit) {
    ++exceptions;
    if (exceptions > 100) abort();
    EXPECT_EQ(enter(on_exception), 0);
    EXPECT_EQ(run_.function, sgx::kEexit);
    EXPECT_EQ(enter(command, sgx::kEresume), 0);
  }
  return exceptions;
}

uint64_t TestMachine::pages(uint64_t leaf, uint64_t flags, uint64_t page, uint64_t source, uint64_t count) {
  const uint64_t in[] = {leaf, flags, page, source, count};
  std::memcpy(arguments_->in, in, sizeof in);
  run_command(Command::kPages);
  return arguments_->out[0];
}

uint64_t TestMachine::result(Command command, uint64_t a, uint64_t b) {
  arguments_->in[0] = a;
  arguments_->in[1] = b;
  run_command(command);
  return arguments_->out[0];
}

}  // namespace scone::test
