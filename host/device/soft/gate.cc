#include "host/device/soft/gate.h"

#include <sys/mman.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "host/device/soft/leaves.h"
#include "host/device/soft/transitions.h"

namespace scone::host::soft {

extern "C" {
GateThread soft_gate_threads[GATE_THREADS];

// From soft_gate, on the thread's gate stack. Vector registers are saved and FS is the host's.
uint32_t soft_gate_leaf(ThreadState* thread, sgx::GprSgx* registers) {
  bool failed = execute_leaf(*thread->enclave, *registers, registers->r8).has_value();
  return failed ? 1 : 0;  // then the trap repeats the leaf and raises the exception
}
}

namespace {

using SiteBytes = std::array<uint8_t, 8>;
constexpr SiteBytes kSite = {0x0f, 0x01, 0xd7, 0x0f, 0x1f, 0x44, 0x00, 0x00};
constexpr int64_t kCallSize = 5;

bool is_site(const SoftEnclave& enclave, uint64_t offset) {
  if (offset > enclave.secs.size - kSite.size()) return false;
  uint64_t address = enclave.secs.base + offset;
  return enclave.entry_of(address).allows(Access::kExecute) &&
         enclave.entry_of(address + kSite.size() - 1).allows(Access::kExecute) &&
         std::memcmp(reinterpret_cast<void*>(address), kSite.data(), kSite.size()) == 0;
}

// The highest page of ELRANGE that the image left free.
Result<uint64_t> find_hole(const SoftEnclave& enclave) {
  for (uint64_t page = enclave.epcm.pages(); page-- > 0;)
    if (!enclave.epcm.get(page).valid()) return page;
  return Errno(ENOSPC);
}

// jmp *0(%rip), and the address it reads.
void write_gate(uint64_t address) {
  static constexpr uint8_t kJump[] = {0xff, 0x25, 0, 0, 0, 0};
  const char* target = soft_gate;
  auto* page = reinterpret_cast<uint8_t*>(address);
  std::memcpy(page, kJump, sizeof kJump);
  std::memcpy(page + sizeof kJump, &target, sizeof target);
}

Result<void> patch(SoftEnclave& enclave, uint64_t offset) {
  uint64_t address = enclave.secs.base + offset;
  int64_t distance = static_cast<int64_t>(enclave.gate - address) - kCallSize;
  if (distance != static_cast<int32_t>(distance)) return Errno(ENOSPC);
  SiteBytes call = {0xe8, 0, 0, 0, 0, 0x0f, 0x1f, 0x00};
  auto relative = static_cast<int32_t>(distance);
  std::memcpy(&call[1], &relative, sizeof relative);
  uint64_t first = enclave.page_of(address);
  uint64_t count = enclave.page_of(address + kSite.size() - 1) - first + 1;
  enclave.pages.protect(first, count, PROT_READ | PROT_WRITE);
  std::memcpy(reinterpret_cast<void*>(address), call.data(), call.size());
  enclave.pages.sync(first, count);
  return ok();
}

}  // namespace

Result<void> open_gate(SoftEnclave& enclave) {
  if (enclave.enclu_sites.empty()) return ok();
  for (uint64_t site : enclave.enclu_sites)
    if (!is_site(enclave, site)) {
      enclave.error = "an entry of the image's ENCLU table is no ENCLU site";
      return Errno(EINVAL);
    }
  uint64_t page = TRY(find_hole(enclave));
  enclave.gate = enclave.secs.base + page * sgx::kPageSize;
  enclave.pages.protect(page, 1, PROT_READ | PROT_WRITE);
  write_gate(enclave.gate);
  enclave.pages.protect(page, 1, PROT_READ | PROT_EXEC);
  for (uint64_t site : enclave.enclu_sites) TRY(patch(enclave, site));
  return ok();
}

void announce_to_gate(ThreadState& thread, uint64_t gs_base) {
  GateThread& slot = soft_gate_threads[gs_base / sgx::kPageSize % GATE_THREADS];
  // The thread first: a gate that reads both in between is of another GS base, or of this TCS, which no thread is in.
  slot.thread = &thread;
  __atomic_store_n(&slot.gs_base, gs_base, __ATOMIC_RELEASE);
}

void forget_gate_threads() { std::ranges::fill(soft_gate_threads, GateThread{}); }

}  // namespace scone::host::soft
