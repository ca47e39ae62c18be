#include "enclave/mm/program.h"

#include <new>

#include "abi/layout.h"
#include "enclave/boundary/enclave_pages.h"
#include "enclave/boundary/host_call.h"
#include "enclave/boundary/host_state.h"
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
// Never destroyed: lives as long as the enclave.
alignas(AddressSpace) unsigned char g_program[sizeof(AddressSpace)];

constexpr uint64_t kStackArea = uint64_t{256} << 20;

}  // namespace

void init_program_memory() {
  const abi::StartInfo& info = boundary::start_info();
  runtime::init_heap(g_pages, abi::runtime_begin(info.enclave_size), abi::image_base(info.enclave_size));
  auto scratch = runtime::allocate_pages(kScratchPages);
  if (!scratch.ok()) boundary::panic("no memory for the runtime");
  new (g_program) AddressSpace(g_pages, g_lock,
                               {.begin = abi::kProgramBegin,
                                .end = abi::program_end(info.enclave_size),
                                .heap_limit = info.heap_limit,
                                .stack_area = kStackArea,
                                .scratch = scratch.value()});
}

AddressSpace& program() { return *std::launder(reinterpret_cast<AddressSpace*>(g_program)); }

}  // namespace scone::mm
