#include "enclave/rewrite/plan.h"

#include <utility>

#include "enclave/rewrite/references.h"
#include "enclave/rewrite/unwind_table.h"

namespace scone::rewrite {
namespace {

constexpr uint32_t kSyscallSize = 2;
// Jumps and offsets are 32 bits wide.
constexpr uint64_t kMostCode = uint64_t{1} << 31;

// mov $15, %eax (or %rax); syscall: the return from a signal handler. Unwinders and debuggers know a signal frame by
// these bytes (x86-64 psABI, libgcc's md-unwind), so they stay.
bool is_sigreturn(std::span<const uint8_t> code, uint32_t site) {
  constexpr uint8_t kLong[] = {0x48, 0xc7, 0xc0, 0x0f, 0, 0, 0};
  constexpr uint8_t kShort[] = {0xb8, 0x0f, 0, 0, 0};
  auto preceded_by = [&](std::span<const uint8_t> bytes) {
    return site >= bytes.size() &&
           __builtin_memcmp(&code[site - bytes.size()], bytes.data(), bytes.size()) == 0;
  };
  return preceded_by(kLong) || preceded_by(kShort);
}

class Planner {
 public:
  Planner(const CodeView& code, const UnwindView& unwind, uint64_t entry)
      : code_(code),
        entry_(entry),
        table_(unwind, {code.address, code.end()}),
        sweep_(code.bytes, decoder_) {}

  Result<Plan> run() {
    candidates_ = TRY(find_syscall_bytes(code_.bytes));
    for (size_t i = 0; i < candidates_.size();) {
      std::optional<Place> place = table_.find(code_.address + candidates_[i]);
      if (!place || !TRY(decode(*place, candidates_[i]))) {
        ++plan_.left;
        ++i;
        continue;
      }
      // A sweep without known bounds vouches for the one site it was made for.
      size_t next = i + 1;
      while (place->function && next < candidates_.size() && candidates_[next] < sweep_.end()) ++next;
      for (bool marked = false; i < next; ++i) {
        size_t index = sweep_.index_of(candidates_[i]);
        if (index == sweep_.starts().size()) continue;  // inside another instruction
        if (!std::exchange(marked, true)) {
          TRY(need_references());
          sweep_.mark_targets(references_.targets);
        }
        TRY(add(index, !place->function || sweep_.vector()));
      }
    }
    return std::move(plan_);
  }

 private:
  // Scanned for when a first site is found: most programs have some 0f 05, but no site.
  Result<void> need_references() {
    if (references_.targets.created()) return ok();
    references_ = TRY(find_references(code_.bytes, !all_in_functions()));
    if (references_.calls.created() && code_.contains(entry_)) references_.calls.set(entry_ - code_.address);
    return ok();
  }

  bool all_in_functions() const {
    for (uint32_t candidate : candidates_) {
      std::optional<Place> place = table_.find(code_.address + candidate);
      if (place && !place->function) return false;
    }
    return true;
  }

  Result<bool> decode(const Place& place, uint32_t candidate) {
    uint32_t begin = static_cast<uint32_t>(place.range.begin - code_.address);
    uint32_t end = static_cast<uint32_t>(place.range.end - code_.address);
    if (place.function) return sweep_.function(begin, end);
    TRY(need_references());
    return sweep_.around(candidate, begin, end, references_.calls);
  }

  // The system call that is instruction `index` of the sweep.
  Result<void> add(size_t index, bool vector) {
    const uint32_t site = sweep_.starts()[index];
    std::optional<WindowPlace> window;
    if (is_sigreturn(code_.bytes, site))
      floor_ = site + kSyscallSize;
    else
      window = choose_window(code_.bytes, sweep_, index, floor_, references_.targets, decoder_);
    if (!window) {
      ++plan_.left;
      return ok();
    }
    floor_ = window->begin + window->length;
    return plan_.sites.push({*window, vector});
  }

  const CodeView& code_;
  const uint64_t entry_;
  Decoder decoder_;
  UnwindTable table_;
  Sweep sweep_;
  Array<uint32_t> candidates_;  // offsets of all 0f 05
  References references_;
  Plan plan_;
  uint32_t floor_ = 0;  // where the last window ends
};

}  // namespace

Result<Plan> make_plan(const CodeView& code, const UnwindView& unwind, uint64_t entry) {
  if (code.bytes.size() >= kMostCode) {
    Plan plan;
    plan.left = static_cast<uint32_t>(count_syscall_bytes(code.bytes));
    return plan;
  }
  return Planner(code, unwind, entry).run();
}

}  // namespace scone::rewrite
