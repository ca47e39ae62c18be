#include "enclave/entry/program_code.h"

#include "base/static_object.h"
#include "enclave/boundary/host_state.h"
#include "enclave/entry/code_address.h"
#include "enclave/entry/ethread.h"
#include "enclave/loader/eh_frame.h"
#include "enclave/loader/elf_image.h"
#include "enclave/loader/file_bytes.h"
#include "enclave/mm/program.h"
#include "enclave/rewrite/references.h"
#include "enclave/rewrite/rewrite.h"
#include "enclave/syscall/statistics.h"

namespace scone::entry {
namespace {

StaticObject<rewrite::SiteTable> g_sites;  // changed under the address space's lock

// More of a segment is not read for its unwind tables.
constexpr uint64_t kMaxUnwindBytes = 16 << 20;

// The segment that holds the unwind tables, in memory of its own; `view` points into `storage`.
struct UnwindTables {
  loader::FileBytes storage;
  rewrite::UnwindView view;
};

// .eh_frame may stand before or behind its header: the whole PT_LOAD is read.
Result<UnwindTables> read_unwind_tables(mm::Backing& file, const loader::CodeLayout& layout) {
  loader::ElfImage image;
  loader::Reason why;
  TRY(loader::read_image(file, image, why));
  const uint64_t header = layout.eh_frame->address;
  for (const loader::Segment& segment : image.loads()) {
    if (header < segment.address || header - segment.address >= segment.file.size) continue;
    if (segment.file.size > kMaxUnwindBytes) break;
    UnwindTables tables{TRY(loader::FileBytes::allocate(segment.file.size)), {}};
    const auto bytes = TRY(tables.storage.read(file, segment.file.offset, segment.file.size));
    tables.view = {.header = header + layout.bias, .data = {.address = segment.address + layout.bias, .bytes = bytes}};
    return tables;
  }
  return Errno(ENOEXEC);
}

class ProgramCode final : public mm::ExecHook {
 public:
  Result<void> prepare(uint64_t address, std::span<uint8_t> bytes, mm::Backing& file, uint64_t offset) override {
    g_sites->remove(address, address + bytes.size());
    if (boundary::start_info().flags & abi::kFlagNoRewrite) return ok();
    if (!rewrite::has_syscall_bytes(bytes)) return ok();
    const rewrite::CodeView code{address, bytes};
    return apply(TRY(plan_for(code, file, offset)), code);
  }

 private:
  static Result<rewrite::Plan> plan_for(const rewrite::CodeView& code, mm::Backing& file, uint64_t offset) {
    // Code that is no ELF file's, or whose tables cannot be read, is swept without them.
    auto layout = loader::find_code(file, code.address, offset);
    if (layout.ok() && layout.value().eh_frame) {
      auto tables = read_unwind_tables(file, layout.value());
      if (tables.ok()) return rewrite::make_plan(code, tables.value().view);
      if (tables.error() == Errno(ENOMEM)) return tables.error();
    }
    return rewrite::make_plan(code, {});
  }

  static Result<void> apply(const rewrite::Plan& plan, const rewrite::CodeView& code) {
    const uint64_t room = rewrite::trampoline_bytes_needed(plan.sites.size());
    if (room == 0) {
      syscall::count_sites(0, plan.left);
      return ok();
    }
    auto reserved = mm::program().reserve_code(code.address, room);
    if (!reserved.ok()) return ok();  // nowhere near enough: every site traps
    loader::FileBytes trampolines = TRY(loader::FileBytes::allocate(room));
    const std::span<uint8_t> bytes(trampolines.data(), room);
    const rewrite::EntryOffsets entries{offsetof(Ethread, syscall_entry), offsetof(Ethread, syscall_entry_vector)};
    auto rewritten = rewrite::apply(plan, code, {reserved.value(), bytes}, entries, g_sites.get());
    if (!rewritten.ok() && rewritten.error() != Errno(ENOMEM)) return ok();  // left as it was: every site traps
    const rewrite::Outcome outcome = TRY(rewritten);
    syscall::count_sites(outcome.rewritten, outcome.left);
    if (outcome.trampoline_bytes == 0) return ok();
    return mm::program().write_code(reserved.value(), bytes.first(outcome.trampoline_bytes));
  }
};

constinit ProgramCode g_program_code;

}  // namespace

mm::ExecHook& init_program_code() {
  g_sites.create();
  return g_program_code;
}

void forget_code(uint64_t begin, uint64_t end) { g_sites->remove(begin, end); }

uint64_t program_address(uint64_t rip) { return g_sites->original_address(rip); }

uint64_t resume_address(uint64_t rip) { return g_sites->resume_address(rip); }

uint64_t restart_address(const UserFrame& frame) {
  // Not behind a trampoline's call: then it was a `syscall` instruction, which is two bytes long.
  return g_sites->restart_address(frame.rip).value_or(frame.rip - 2);
}

}  // namespace scone::entry
