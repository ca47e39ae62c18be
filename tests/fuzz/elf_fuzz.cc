// libFuzzer target: whatever a file holds, the loader refuses it or gets an image it can rely on.
#include <cstdlib>
#include <vector>

#include "enclave/loader/eh_frame.h"
#include "enclave/loader/elf_image.h"
#include "enclave/loader/memory_backing.h"
#include "enclave/loader/script.h"
#include "enclave/loader/segment_plan.h"

namespace {

using namespace scone::loader;

void require(bool condition) {
  if (!condition) std::abort();
}

void check_image(const ElfImage& image, uint64_t file_size) {
  const AddressRange window{uint64_t{4} << 30, uint64_t{16} << 30};
  auto bias = choose_bias(image, window, file_size);
  if (!bias.ok()) return;
  require(fits(image, bias.value(), window));
  for (const Segment& load : image.loads()) {
    require(load.file.offset + load.file.size <= file_size);
    const SegmentPlan plan = plan_segment(load, bias.value());
    for (AddressRange range : {plan.file, plan.zero, plan.anonymous}) {
      require(range.begin <= range.end);
      require(range.length() == 0 || (range.begin >= window.begin && range.end <= window.end));
    }
  }
}

void check_script(const uint8_t* data, size_t size) {
  const std::span<const uint8_t> head(data, size < kScriptHead ? size : kScriptHead);
  if (!is_script(head)) return;
  ScriptLine line;
  Reason why = Reason::kNone;
  if (!parse_script(head, line, why).ok()) return;
  require(line.interpreter[0] != '\0');
  require(std::strlen(line.interpreter) < kScriptHead && std::strlen(line.argument) < kScriptHead);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  check_script(data, size);
  MemoryBacking file(std::vector<uint8_t>(data, data + size));
  ElfImage image;
  Reason why = Reason::kNone;
  if (read_image(file, image, why).ok())
    check_image(image, size);
  else
    require(why != Reason::kNone);
  auto layout = find_code(file, uint64_t{5} << 30, 0);
  if (layout.ok() && layout.value().eh_frame)
    require(layout.value().eh_frame->file.offset + layout.value().eh_frame->file.size <= size);
  return 0;
}
