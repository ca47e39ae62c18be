#include "enclave/mm/program.h"

#include "abi/layout.h"
#include "base/static_object.h"
#include "enclave/boundary/enclave_pages.h"
#include "enclave/boundary/host_call.h"
#include "enclave/boundary/host_state.h"
#include "enclave/entry/program_code.h"
#include "enclave/random/random.h"
#include "enclave/runtime/heap.h"
#include "enclave/sched/mutex.h"

namespace scone::mm {
namespace {

// The address space's lock, by the scheduler's mutex.
class MutexLock final : public Lock {
 public:
  void lock() override { mutex_.lock(); }
  void unlock() override { mutex_.unlock(); }

 private:
  sched::Mutex mutex_;
};

constinit MutexLock g_lock;
constinit boundary::EnclavePages g_pages;
StaticObject<AddressSpace> g_program;

// Between the stack's area and the first mapping, so that nobody outside knows where libraries are.
uint64_t random_gap(uint64_t end) {
  auto pages = random::below(end / 64 / abi::kPageSize);
  if (!pages.ok()) boundary::panic("the processor gives no random numbers");
  return pages.value() * abi::kPageSize;
}

}  // namespace

void init_program_memory() {
  const abi::StartInfo& info = boundary::start_info();
  runtime::init_heap(g_pages, abi::runtime_begin(info.enclave_size), abi::image_base(info.enclave_size));
  auto scratch = runtime::allocate_pages(kScratchPages);
  if (!scratch.ok()) boundary::panic("no memory for the runtime");
  const uint64_t end = abi::program_end(info.enclave_size);
  g_program.create(g_pages, g_lock,
                   AddressSpace::Options{.begin = abi::kProgramBegin,
                                .end = end,
                                .heap_limit = info.heap_limit,
                                .stack_area = kStackArea + random_gap(end),
                                .scratch = scratch.value()});
  program().set_exec_hook(&entry::init_program_code());
}

AddressSpace& program() { return g_program.get(); }

}  // namespace scone::mm
