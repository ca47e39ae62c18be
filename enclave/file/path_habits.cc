#include "enclave/file/path_habits.h"

#include <atomic>

#include "enclave/boundary/round.h"

namespace scone::file::path_habits {
namespace {

constexpr size_t kEntries = 256;
constexpr uint64_t kLargestContent = 128 << 10;
// Crossings in which two questions about the same count as often.
constexpr uint32_t kOftenAges = 8;

// Hash << 32 | a value.
class Table {
 public:
  std::optional<uint32_t> find(uint32_t hash) const {
    const uint64_t entry = slot(hash).load(std::memory_order_relaxed);
    if (entry >> 32 != hash) return std::nullopt;
    return static_cast<uint32_t>(entry);
  }
  std::optional<uint32_t> exchange(uint32_t hash, uint32_t value) {
    const uint64_t before = slot(hash).exchange(uint64_t{hash} << 32 | value, std::memory_order_relaxed);
    if (before >> 32 != hash) return std::nullopt;
    return static_cast<uint32_t>(before);
  }
  void forget(uint32_t hash) { slot(hash).store(0, std::memory_order_relaxed); }

 private:
  std::atomic<uint64_t>& slot(uint32_t hash) { return slots_[hash / 2 % kEntries]; }
  const std::atomic<uint64_t>& slot(uint32_t hash) const { return slots_[hash / 2 % kEntries]; }
  std::atomic<uint64_t> slots_[kEntries] = {};
};

constinit Table g_read, g_opened, g_asked, g_synced;

// In g_opened, beside the flags: expected, but not opened since.
constexpr uint32_t kUnfulfilled = 1u << 31;

}  // namespace

// FNV-1a; never 0.
uint32_t hash(std::string_view path) {
  uint32_t value = 2166136261;
  for (char c : path) value = (value ^ static_cast<uint8_t>(c)) * 16777619;
  return value | 1;
}

uint64_t read_size(uint32_t path_hash) { return g_read.find(path_hash).value_or(0); }

void note_read(uint32_t path_hash, uint64_t size) {
  if (size <= kLargestContent) g_read.exchange(path_hash, static_cast<uint32_t>(size));
}

std::optional<int> expected_open(uint32_t path_hash) {
  const auto entry = g_opened.find(path_hash);
  if (!entry) return std::nullopt;
  if (*entry & kUnfulfilled) {
    g_opened.forget(path_hash);
    return std::nullopt;
  }
  g_opened.exchange(path_hash, *entry | kUnfulfilled);
  return static_cast<int>(*entry);
}

void note_open(uint32_t path_hash, int flags) {
  g_opened.exchange(path_hash, static_cast<uint32_t>(flags) & ~kUnfulfilled);
}

bool is_synced(uint32_t path_hash) { return g_synced.find(path_hash).has_value(); }

void note_synced(uint32_t path_hash, bool synced) {
  if (synced)
    g_synced.exchange(path_hash, 1);
  else if (is_synced(path_hash))
    g_synced.forget(path_hash);
}

bool often_asked(uint32_t question_hash) {
  const auto age = static_cast<uint32_t>(boundary::world_age());
  const auto before = g_asked.exchange(question_hash, age);
  return before && age - *before <= kOftenAges;
}

}  // namespace scone::file::path_habits
