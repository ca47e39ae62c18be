#include "enclave/rewrite/rewrite.h"

#include <linux/errno.h>

#include "base/checked.h"
#include "enclave/rewrite/placement.h"

namespace scone::rewrite {
namespace {

constexpr uint64_t kPage = 4096;
constexpr uint64_t kAreaAlignment = 16;
// The widest stretch without a place for a guarded jump is 52 blocks of 256 bytes (is_trap_byte: 9a to ce).
constexpr uint64_t kWidestGap = 16 << 10;
constexpr uint64_t kRoomForSite =
    128;  // a trampoline is 26 to 40 bytes, and not every place suits every site

bool reaches(const CodeView& code, const TrampolineArea& area) {
  uint64_t low = code.address < area.address ? code.address : area.address;
  uint64_t area_end = area.address + area.bytes.size();
  uint64_t high = code.end() > area_end ? code.end() : area_end;
  return code.end() >= code.address && area_end >= area.address && high - low < uint64_t{1} << 31;
}

// A site that has its trampoline already, but not yet its jump.
struct Prepared {
  Site site;
  Guard guard;
};

Site describe(const Layout& layout, const WindowPlace& place, uint64_t window, uint64_t trampoline,
              bool vector) {
  Site site{.window = window,
            .trampoline = trampoline,
            .window_size = place.length,
            .trampoline_size = layout.size,
            .syscall = place.syscall,
            .entry = layout.entry,
            .step_count = layout.count,
            .vector = vector,
            .steps = {}};
  for (uint8_t i = 0; i < layout.count; ++i) site.steps[i] = layout.steps[i];
  return site;
}

class Applier {
 public:
  Applier(const CodeView& code, const TrampolineArea& area, const EntryOffsets& entries, Placement& placement)
      : code_(code), area_(area), entries_(entries), placement_(placement) {}

  // Writes the trampoline; nothing if the site must be left.
  std::optional<Prepared> prepare(const PlannedSite& planned) {
    const WindowPlace& place = planned.window;
    if (place.begin >= code_.bytes.size() || place.length > code_.bytes.size() - place.begin)
      return std::nullopt;
    std::span<const uint8_t> bytes = code_.bytes.subspan(place.begin, place.length);
    std::optional<Window> window = decode_window(bytes, place.length, place.syscall, decoder_);
    std::optional<Guard> guard = window ? guard_of(*window) : std::nullopt;
    if (!guard) return std::nullopt;
    Layout layout = layout_of(*window);
    uint64_t from = code_.address + place.begin;
    std::optional<uint64_t> to = placement_.take(from + guard->jump_size(), layout.size, *guard);
    if (!to) return std::nullopt;
    fill_up_to(placement_.used());
    uint32_t gs_offset = planned.vector ? entries_.vector : entries_.general;
    std::span<uint8_t> out = area_.bytes.subspan(*to - area_.address, layout.size);
    if (!write_trampoline(*window, layout, bytes, from, *to, gs_offset, out)) return std::nullopt;
    return Prepared{describe(layout, place, from, *to, planned.vector), *guard};
  }

 private:
  // Between trampolines nothing can be executed, nor is there anything left from the memory's earlier use.
  void fill_up_to(uint64_t used) {
    if (used <= filled_) return;
    __builtin_memset(&area_.bytes[filled_], kFillByte, used - filled_);
    filled_ = used;
  }

  const CodeView& code_;
  const TrampolineArea& area_;
  const EntryOffsets& entries_;
  Placement& placement_;
  uint64_t filled_ = 0;
  Decoder decoder_;
};

}  // namespace

uint64_t trampoline_bytes_needed(uint64_t sites) {
  return sites ? align_up(kWidestGap + sites * kRoomForSite, kPage) : 0;
}

Result<Outcome> apply(const Plan& plan, const CodeView& code, const TrampolineArea& area,
                      const EntryOffsets& entries, SiteTable& table) {
  Outcome outcome{.left = plan.left};
  if (plan.sites.empty()) return outcome;
  if (!is_aligned(area.address, kAreaAlignment) || !reaches(code, area)) return Errno(EINVAL);
  Placement placement = TRY(Placement::create(area.address, area.bytes.size()));
  Applier applier(code, area, entries, placement);
  Array<Site> sites;
  Array<Guard> guards;
  uint64_t floor = code.address;  // an edited plan could overlap itself
  for (const PlannedSite& planned : plan.sites) {
    std::optional<Prepared> prepared;
    if (code.address + planned.window.begin >= floor) prepared = applier.prepare(planned);
    if (!prepared) {
      ++outcome.left;
      continue;
    }
    TRY(sites.push(prepared->site));
    TRY(guards.push(prepared->guard));
    floor = prepared->site.window + prepared->site.window_size;
  }
  if (sites.empty()) return outcome;
  TRY(table.add(sites.span()));
  for (size_t i = 0; i < sites.size(); ++i) {
    const Site& site = sites[i];
    write_jump(code.bytes.subspan(site.window - code.address, site.window_size), site.window, site.trampoline,
               guards[i]);
  }
  outcome.rewritten = static_cast<uint32_t>(sites.size());
  outcome.trampoline_bytes = placement.used();
  return outcome;
}

Result<Outcome> rewrite(const CodeView& code, const UnwindView& unwind, const TrampolineArea& area,
                        const EntryOffsets& entries, SiteTable& table, uint64_t program_entry) {
  Plan plan = TRY(make_plan(code, unwind, program_entry));
  return apply(plan, code, area, entries, table);
}

}  // namespace scone::rewrite
