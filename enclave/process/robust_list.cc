#include "enclave/process/robust_list.h"

#include <linux/futex.h>

#include "enclave/boundary/app_ptr.h"
#include "enclave/sched/futex.h"
#include "enclave/sched/lthread.h"

namespace scone::process {
namespace {

// struct robust_list_head, with addresses as numbers.
struct Head {
  uint64_t first;
  int64_t futex_offset;
  uint64_t pending;
};

// As ROBUST_LIST_LIMIT: a circular or endless list must not hold up the exit.
constexpr int kLimit = 2048;

void orphan(uint64_t word, uint32_t tid) {
  AppPtr<uint32_t> futex(word);
  auto value = boundary::read_app(futex);
  while (value.ok() && (value.value() & FUTEX_TID_MASK) == tid) {
    const uint32_t old = value.value();
    value = boundary::compare_exchange_app(futex, old, (old & FUTEX_WAITERS) | FUTEX_OWNER_DIED);
    if (!value.ok() || value.value() != old) continue;
    if (old & FUTEX_WAITERS) sched::futex_wake(word, 1, sched::kAnyBit);
    return;
  }
}

}  // namespace

void release_robust_mutexes(sched::Lthread& thread) {
  if (!thread.robust_list) return;
  auto read = boundary::read_app(AppPtr<const Head>(thread.robust_list));
  if (!read.ok()) return;
  const Head head = read.value();
  const auto tid = static_cast<uint32_t>(thread.tid());
  // Bit 0 of a link says PI; the word is the same.
  uint64_t entry = head.first;
  for (int i = 0; i < kLimit && (entry & ~uint64_t{1}) != thread.robust_list; ++i) {
    auto next = boundary::read_app(AppPtr<const uint64_t>(entry & ~uint64_t{1}));
    if (entry != head.pending) orphan((entry & ~uint64_t{1}) + static_cast<uint64_t>(head.futex_offset), tid);
    if (!next.ok()) break;
    entry = next.value();
  }
  if (head.pending) orphan((head.pending & ~uint64_t{1}) + static_cast<uint64_t>(head.futex_offset), tid);
}

}  // namespace scone::process
