#include "enclave/rewrite/sweep.h"

#include "enclave/rewrite/first_index.h"
#include "enclave/rewrite/window.h"

namespace scone::rewrite {
namespace {

// How far from a site without function description the neighbouring functions are looked for.
constexpr uint32_t kReach = 16 << 10;
constexpr int kCallTargetsBelow = 3;
constexpr uint32_t kAgreePerDisagree = 3;
constexpr uint8_t kLockPrefix = 0xf0;

uint32_t first_call_target(uint32_t site, uint32_t low, const Bitmap& calls) {
  uint32_t lowest = site - low > kReach ? site - kReach : low;
  uint32_t first = site + 1;
  for (int i = 0; i < kCallTargetsBelow; ++i) {
    std::optional<uint64_t> next = calls.last(lowest, first);
    if (!next) break;
    first = static_cast<uint32_t>(*next);
  }
  return first == site + 1 ? lowest : first;
}

}  // namespace

void Sweep::reset(uint32_t begin) {
  starts_.clear();
  branches_.clear();
  gap_ = 0;
  begin_ = end_ = begin;
  vector_ = false;
}

// Decodes one more instruction; false if there is none that ends at limit or before.
Result<bool> Sweep::step(uint32_t limit) {
  Instruction instruction;
  if (!decoder_.decode(code_.subspan(end_, limit - end_), instruction)) return false;
  TRY(starts_.push(end_));
  vector_ |= instruction.vector;
  uint32_t next = end_ + instruction.length;
  if (instruction.relative && instruction.displacement_at == 0)
    TRY(branches_.push({end_, next + static_cast<uint32_t>(instruction.displacement)}));
  end_ = next;
  return true;
}

Result<bool> Sweep::function(uint32_t begin, uint32_t end) {
  reset(begin);
  while (end_ < end)
    if (!TRY(step(end))) return false;
  return branches_agree(begin);
}

Result<bool> Sweep::around(uint32_t site, uint32_t low, uint32_t high, const Bitmap& calls) {
  uint32_t first = first_call_target(site, low, calls);
  if (gap_ != high || first < begin_ || first > end_) reset(first);
  gap_ = high;
  if (!TRY(reach(site, high, calls))) return false;
  return branches_agree(function_of(site, calls)) && chance_explains(first, calls);
}

// Decodes up to the first call target behind the site's neighbourhood, or to `high`. What does not decode below the
// site (data, or a start that chance made up) is left behind.
Result<bool> Sweep::reach(uint32_t site, uint32_t high, const Bitmap& calls) {
  uint32_t last = high - site > kReach ? site + kReach : high;
  while (end_ < last) {
    if (end_ > site + kLongestWindow && calls.test(end_)) break;
    if (TRY(step(high))) continue;
    uint32_t next = end_ + 1;
    while (next <= site && !calls.test(next)) ++next;
    if (next > site) {
      gap_ = 0;
      return false;
    }
    reset(next);
    gap_ = high;
  }
  return true;
}

// The nearest call target at or below the site that is a boundary.
uint32_t Sweep::function_of(uint32_t site, const Bitmap& calls) const {
  for (uint32_t end = site + 1;;) {
    std::optional<uint64_t> target = calls.last(begin_, end);
    if (!target) return begin_;
    end = static_cast<uint32_t>(*target);
    if (is_boundary(end)) return end;
  }
}

size_t Sweep::first_branch(uint32_t from) const {
  return first_index(branches_.size(), [&](size_t index) { return branches_[index].from >= from; });
}

// A branch to the byte behind a lock prefix is a known idiom (a single-threaded process skips the lock).
bool Sweep::branches_agree(uint32_t from) const {
  for (size_t i = first_branch(from); i < branches_.size(); ++i) {
    uint32_t to = branches_[i].to;
    if (to < from || to >= end_ || is_boundary(to)) continue;
    if (to > from && code_[to - 1] == kLockPrefix && is_boundary(to - 1)) continue;
    return false;
  }
  return true;
}

// Of what looks like a call, a few percent are other bytes, whose targets lie anywhere. Boundaries that are wrong, on
// the other hand, are missed by most calls and by most of their own branches.
bool Sweep::chance_explains(uint32_t from, const Bitmap& calls) const {
  uint32_t agree = 0, disagree = 0;
  for (uint32_t offset = from + 1; offset < end_; ++offset)
    if (calls.test(offset)) ++(is_boundary(offset) ? agree : disagree);
  for (size_t i = first_branch(from); i < branches_.size(); ++i)
    agree += branches_[i].to >= from && branches_[i].to < end_ && is_boundary(branches_[i].to);
  return agree >= kAgreePerDisagree * disagree;
}

size_t Sweep::index_of(uint32_t offset) const {
  size_t index = first_index(starts_.size(), [&](size_t i) { return starts_[i] >= offset; });
  return index < starts_.size() && starts_[index] == offset ? index : starts_.size();
}

void Sweep::mark_targets(Bitmap& references) const {
  for (const Branch& branch : branches_)
    if (branch.to < references.size()) references.set(branch.to);
}

}  // namespace scone::rewrite
