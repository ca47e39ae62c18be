#include "enclave/rewrite/plan.h"

#include <linux/errno.h>

#include "enclave/rewrite/references.h"
#include "enclave/rewrite/unwind_table.h"

namespace scone::rewrite {
namespace {

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
    Array<uint32_t> candidates = TRY(find_syscall_bytes(code_.bytes));
    if (candidates.empty()) return std::move(plan_);
    references_ = TRY(find_references(code_.bytes, !all_in_functions(candidates)));
    if (references_.calls.created() && code_.contains(entry_)) references_.calls.set(entry_ - code_.address);
    for (size_t i = 0; i < candidates.size();) {
      std::optional<Place> place = table_.find(code_.address + candidates[i]);
      if (!place || !TRY(decode(*place, candidates[i]))) {
        ++plan_.left;
        ++i;
        continue;
      }
      sweep_.mark_targets(references_.targets);
      // A sweep without known bounds vouches for the one site it was made for.
      do TRY(add(candidates[i++], !place->function || sweep_.vector()));
      while (place->function && i < candidates.size() && candidates[i] < sweep_.end());
    }
    return std::move(plan_);
  }

 private:
  bool all_in_functions(const Array<uint32_t>& candidates) const {
    for (uint32_t candidate : candidates) {
      std::optional<Place> place = table_.find(code_.address + candidate);
      if (place && !place->function) return false;
    }
    return true;
  }

  Result<bool> decode(const Place& place, uint32_t candidate) {
    uint32_t begin = static_cast<uint32_t>(place.range.begin - code_.address);
    uint32_t end = static_cast<uint32_t>(place.range.end - code_.address);
    if (place.function) return sweep_.function(begin, end);
    return sweep_.around(candidate, begin, end, references_.calls);
  }

  Result<void> add(uint32_t candidate, bool vector) {
    size_t index = sweep_.index_of(candidate);
    if (index == sweep_.starts().size()) return ok();  // inside another instruction
    if (is_sigreturn(code_.bytes, candidate)) {
      ++plan_.left;
      floor_ = candidate + 2;
      return ok();
    }
    std::optional<WindowPlace> window =
        choose_window(code_.bytes, sweep_, index, floor_, references_.targets, decoder_);
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
  References references_;
  Plan plan_;
  uint32_t floor_ = 0;  // where the last window ends
};

}  // namespace

Result<Plan> make_plan(const CodeView& code, const UnwindView& unwind, uint64_t entry) {
  if (code.bytes.size() >= uint64_t{1} << 31) return Errno(EFBIG);
  return Planner(code, unwind, entry).run();
}

}  // namespace scone::rewrite
