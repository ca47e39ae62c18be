#include "enclave/file/round_cache.h"

#include <atomic>
#include <utility>

#include "enclave/boundary/host_call.h"
#include "enclave/boundary/round.h"
#include "enclave/file/mode.h"
#include "enclave/file/path_habits.h"
#include "enclave/runtime/memory.h"
#include "enclave/sched/clock.h"
#include "enclave/sched/lock.h"
#include "enclave/sched/sched.h"

namespace scone::file::round_cache {

Question::Question(uint32_t hash)
    : alone_(!boundary::calls_wait_for_company() || path_habits::often_asked(hash)) {
  // Who asks on and on without ever parking would keep the others waiting until the next tick.
  if (alone_ && boundary::calls_wait_for_company()) sched::yield();
}

Result<uint64_t> Question::ask(uint64_t number, uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4,
                               uint64_t a5) const {
  return alone_ ? host_call_now(number, a0, a1, a2, a3, a4, a5) : host_call(number, a0, a1, a2, a3, a4, a5);
}

// Behind a question that was posted there were others' calls in the same crossing, and maybe bytes that tell of changes.
bool Question::still_current() const { return alone_ && boundary::nothing_since_own_crossing(); }

namespace {

constexpr size_t kEntries = 64;
constexpr size_t kDescriptors = 8;
constexpr size_t kMaxPath = 240;
// A program that looks again and again without ever leaving must see changes in the end.
constexpr uint64_t kLongestNs = 1'000'000;

// A path with flags, compared by value.
struct Key {
  size_t size = 0;  // 0: free
  int flags = 0;
  char path[kMaxPath];

  bool is(std::string_view other_path, int other_flags) const {
    return size == other_path.size() && flags == other_flags && memcmp(path, other_path.data(), size) == 0;
  }
  void set(std::string_view new_path, int new_flags) {
    size = new_path.size();
    flags = new_flags;
    memcpy(path, new_path.data(), size);
  }
};

// Holds a reference to each, by hand: the table is never destroyed.
struct OpenEntry {
  Key key;
  HostDescriptor* descriptor = nullptr;
  Snapshot* snapshot = nullptr;

  Opened exchange(Opened opened) {
    return {Ref<HostDescriptor>::adopt(std::exchange(descriptor, opened.descriptor.release())),
            Ref<Snapshot>::adopt(std::exchange(snapshot, opened.snapshot.release()))};
  }
};
struct StatEntry {
  Key key;
  bool absent;
  struct ::stat stat;
};
struct DescriptorEntry {
  const HostDescriptor* descriptor = nullptr;  // compared only; nullptr: free
  struct ::stat stat;
};

constinit sched::SpinLock g_lock{sched::LockRank::kObject};
constinit OpenEntry g_opened[kEntries] = {};     // guarded by g_lock, as the rest
constinit StatEntry g_stats[kEntries] = {};
constinit DescriptorEntry g_descriptors[kDescriptors] = {};
constinit size_t g_next_opened = 0, g_next_stat = 0, g_next_descriptor = 0;
constinit std::atomic<uint64_t> g_since_ns{0};   // 0: empty; when the oldest entry came

bool cacheable(std::string_view path) { return !path.empty() && path.size() <= kMaxPath && boundary::batching(); }

bool usable() {
  const uint64_t since = g_since_ns.load(std::memory_order_acquire);
  return since != 0 && sched::now_ns() - since < kLongestNs;
}

// g_lock held. Before the question's age is looked at: whoever makes it old either sees that there is something to forget, or was seen.
bool note_entry(const Question& question) {
  const uint64_t since = g_since_ns.load(std::memory_order_relaxed);
  g_since_ns.store(since ? since : sched::now_ns(), std::memory_order_seq_cst);
  return question.still_current();
}

}  // namespace

std::optional<Opened> find_open(std::string_view path, int flags) {
  if (!cacheable(path) || !usable()) return std::nullopt;
  sched::SpinGuard guard(g_lock);
  for (OpenEntry& entry : g_opened)
    if (entry.key.is(path, flags))
      return Opened{Ref<HostDescriptor>::share(entry.descriptor), Ref<Snapshot>::share(entry.snapshot)};
  return std::nullopt;
}

void remember_open(const Question& question, std::string_view path, int flags, const Opened& opened) {
  if (!cacheable(path)) return;
  Opened replaced;
  sched::SpinGuard guard(g_lock);
  if (!note_entry(question)) return;
  OpenEntry& entry = g_opened[g_next_opened++ % kEntries];
  entry.key.set(path, flags);
  replaced = entry.exchange(opened);
}

Ref<Snapshot> find(const HostDescriptor& descriptor) {
  if (!usable()) return nullptr;
  sched::SpinGuard guard(g_lock);
  for (OpenEntry& entry : g_opened)
    if (entry.descriptor == &descriptor) return Ref<Snapshot>::share(entry.snapshot);
  return nullptr;
}

std::optional<Result<void>> find_stat(std::string_view path, int flags, struct ::stat& result) {
  if (!cacheable(path) || !usable()) return std::nullopt;
  sched::SpinGuard guard(g_lock);
  for (StatEntry& entry : g_stats) {
    if (!entry.key.is(path, flags)) continue;
    if (entry.absent) return Result<void>(Errno(ENOENT));
    result = entry.stat;
    return ok();
  }
  return std::nullopt;
}

namespace {

void remember(const Question& question, std::string_view path, int flags, const struct ::stat* stat) {
  if (!cacheable(path)) return;
  sched::SpinGuard guard(g_lock);
  if (!note_entry(question)) return;
  StatEntry& entry = g_stats[g_next_stat++ % kEntries];
  entry.key.set(path, flags);
  entry.absent = !stat;
  if (stat) entry.stat = *stat;
}

}  // namespace

void remember_stat(const Question& question, std::string_view path, int flags, const struct ::stat& stat) {
  remember(question, path, flags, &stat);
}

void remember_absent(const Question& question, std::string_view path, int flags) {
  remember(question, path, flags, nullptr);
}

bool find_stat(const HostDescriptor& descriptor, struct ::stat& result) {
  if (!usable()) return false;
  sched::SpinGuard guard(g_lock);
  for (const DescriptorEntry& entry : g_descriptors) {
    if (entry.descriptor != &descriptor) continue;
    result = entry.stat;
    return true;
  }
  return false;
}

void remember_stat(const Question& question, const HostDescriptor& descriptor, const struct ::stat& stat) {
  if (!boundary::batching() || (stat.st_mode & kModeType) != kModeRegular) return;
  sched::SpinGuard guard(g_lock);
  if (!note_entry(question)) return;
  g_descriptors[g_next_descriptor++ % kDescriptors] = {&descriptor, stat};
}

void forget_all() {
  if (g_since_ns.load(std::memory_order_seq_cst) == 0) return;
  Opened gone[kEntries];  // closed without the lock
  // In one go: an entry that came in between would outlive g_since_ns.
  sched::SpinGuard guard(g_lock);
  g_since_ns.store(0, std::memory_order_relaxed);
  for (size_t i = 0; i < kEntries; ++i) {
    g_stats[i].key.size = 0;
    if (std::exchange(g_opened[i].key.size, 0) > 0) gone[i] = g_opened[i].exchange({});
  }
  for (DescriptorEntry& entry : g_descriptors) entry.descriptor = nullptr;
  g_next_opened = g_next_stat = g_next_descriptor = 0;
}

}  // namespace scone::file::round_cache
