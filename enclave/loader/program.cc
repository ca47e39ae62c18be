#include "enclave/loader/program.h"

#include <linux/errno.h>
#include <linux/mman.h>

#include "abi/layout.h"
#include "enclave/boundary/app_ptr.h"
#include "enclave/random/random.h"

namespace scone::loader {
namespace {

constexpr int kFixed = MAP_PRIVATE | MAP_FIXED;

// PROT_READ, PROT_WRITE and PROT_EXEC have the values of mm::Prot.
int mmap_prot(mm::Prot prot) { return static_cast<int>(prot); }
static_assert(PROT_READ == int(mm::Prot::kRead) && PROT_WRITE == int(mm::Prot::kWrite) &&
              PROT_EXEC == int(mm::Prot::kExecute));

Result<void> map_segment(mm::AddressSpace& space, const Segment& segment, uint64_t bias,
                         const Ref<mm::Backing>& backing) {
  const SegmentPlan plan = plan_segment(segment, bias);
  if (plan.file.length() != 0)
    TRY(space.mmap({.address = plan.file.begin,
                    .length = plan.file.length(),
                    .prot = mmap_prot(plan.prot),
                    .flags = kFixed,
                    .backing = backing,
                    .offset = plan.file_offset}));
  // What follows in the file does not belong to a segment that may not be written: nobody can expect zeros there.
  if (plan.zero.length() != 0 && mm::has(plan.prot, mm::Prot::kWrite))
    TRY(boundary::clear_app(AppPtr<void>(plan.zero.begin), plan.zero.length()));
  if (plan.anonymous.length() != 0)
    TRY(space.mmap({.address = plan.anonymous.begin,
                    .length = plan.anonymous.length(),
                    .prot = mmap_prot(plan.prot),
                    .flags = kFixed | MAP_ANONYMOUS}));
  return ok();
}

Result<uint64_t> map_at(mm::AddressSpace& space, const ProgramLayout& layout, Executable& executable,
                        uint64_t bias, Reason& why) {
  if (!fits(executable.image, bias, layout.images())) return refuse(Reason::kDoesNotFit, why);
  for (const Segment& load : executable.image.loads())
    TRY(map_segment(space, load, bias, executable.backing));
  return bias;
}

// A hole for the image where mmap would put it.
Result<AddressRange> find_hole(mm::AddressSpace& space, const ElfImage& image) {
  const uint64_t length = image.end - image.begin + (image.alignment - abi::kPageSize);
  const uint64_t begin = TRY(space.mmap(
      {.length = length, .prot = PROT_NONE, .flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE}));
  TRY(space.munmap(begin, length));
  return AddressRange{begin, begin + length};
}

}  // namespace

Result<uint64_t> map_program(mm::AddressSpace& space, const ProgramLayout& layout, Executable& program,
                             Reason& why) {
  uint64_t bias = 0;
  if (program.image.position_independent) {
    auto chosen = choose_bias(program.image, layout.independent(), TRY(random::next()));
    if (!chosen.ok()) return refuse(Reason::kDoesNotFit, why);
    bias = chosen.value();
  }
  return map_at(space, layout, program, bias, why);
}

Result<uint64_t> map_interpreter(mm::AddressSpace& space, const ProgramLayout& layout,
                                 Executable& interpreter, Reason& why) {
  uint64_t bias = 0;
  if (interpreter.image.position_independent)
    bias = TRY(choose_bias(interpreter.image, TRY(find_hole(space, interpreter.image)), 0));
  return map_at(space, layout, interpreter, bias, why);
}

}  // namespace scone::loader
