// Demand paging as it happens in the enclave: threads access memory, faults arrive as exceptions.
#include <signal.h>
#include <ucontext.h>

#include <atomic>
#include <random>
#include <thread>

#include "tests/mm/space_fixture.h"

namespace scone::mm {
namespace {

AddressSpace* faulting_space = nullptr;
std::atomic<int> unresolved{0};

// Page faults reach the address space synchronously: the interrupted code is the program's and holds no lock.
void on_fault(int, siginfo_t* info, void* context) {
  const auto error = static_cast<ucontext_t*>(context)->uc_mcontext.gregs[REG_ERR];
  const Access access = error & 2 ? Access::kWrite : Access::kRead;
  if (faulting_space->fault(reinterpret_cast<uint64_t>(info->si_addr), access) == FaultOutcome::kResolved)
    return;
  ++unresolved;
  _exit(99);
}

class Paging : public testing::Test {
 protected:
  Paging() {
    faulting_space = &s_.space;
    struct sigaction action = {};
    action.sa_sigaction = on_fault;
    action.sa_flags = SA_SIGINFO | SA_NODEFER;
    sigaction(SIGSEGV, &action, &old_);
  }
  ~Paging() override { sigaction(SIGSEGV, &old_, nullptr); }
  Space s_{uint64_t{1} << 30, uint64_t{512} << 20};
  struct sigaction old_;
};

TEST_F(Paging, OrdinaryCodeRunsOnLazyMemory) {
  const size_t size = 64 << 20;
  auto* memory = reinterpret_cast<uint8_t*>(s_.map_anonymous(size / kPage));
  memset(memory, 0x5a, size);
  for (size_t i = 0; i < size; i += 997) ASSERT_EQ(memory[i], 0x5a);
  EXPECT_LE(s_.space.faults(), 50u);
}

TEST_F(Paging, FilesAppearUnderACopy) {
  FakeFile file = patterned_file(3 * 1000 * 1000);
  const uint64_t address = s_.must_map(
      {.length = file.bytes.size(), .prot = PROT_READ, .flags = MAP_PRIVATE, .backing = backing_of(file)});
  std::vector<uint8_t> copy(file.bytes.size());
  memcpy(copy.data(), reinterpret_cast<void*>(address), copy.size());
  EXPECT_EQ(copy, file.bytes);
}

// Three threads fill their parts of one mapping while a fourth maps, protects and unmaps beside them.
TEST_F(Paging, ThreadsFaultWhileOthersChangeTheMap) {
  constexpr uint64_t kPart = 4096;  // pages
  const uint64_t address = s_.map_anonymous(3 * kPart);
  std::atomic<bool> stop{false};
  std::thread mapper([&] {
    while (!stop) {
      const uint64_t other = s_.map_anonymous(64);
      memset(reinterpret_cast<void*>(other), 1, 64 * kPage);
      EXPECT_TRUE(s_.space.mprotect(other, 32 * kPage, PROT_READ).ok());
      EXPECT_TRUE(s_.space.munmap(other, 64 * kPage).ok());
    }
  });
  std::vector<std::thread> writers;
  for (uint64_t part = 0; part < 3; ++part) {
    writers.emplace_back([&, part] {
      std::mt19937_64 random(part);
      for (uint64_t i = 0; i < 2 * kPart; ++i) {
        const uint64_t page = address + (part * kPart + random() % kPart) * kPage;
        *reinterpret_cast<uint64_t*>(page) = page;
      }
      for (uint64_t i = 0; i < kPart; ++i) {
        const uint64_t page = address + (part * kPart + i) * kPage;
        const uint64_t value = *reinterpret_cast<uint64_t*>(page);
        EXPECT_TRUE(value == page || value == 0);
      }
    });
  }
  for (auto& writer : writers) writer.join();
  stop = true;
  mapper.join();
  EXPECT_EQ(unresolved, 0);
  s_.expect_consistent();
}

}  // namespace
}  // namespace scone::mm
