#include "enclave/loader/segment_plan.h"

#include <linux/errno.h>

#include "abi/layout.h"
#include "base/checked.h"

namespace scone::loader {

namespace {
constexpr uint64_t kPage = abi::kPageSize;
}

SegmentPlan plan_segment(const Segment& segment, uint64_t bias) {
  const uint64_t begin = segment.address + bias;
  const uint64_t file_end = begin + segment.file.size;
  const uint64_t end = align_up(begin + segment.memory_size, kPage);
  const uint64_t first_page = align_down(begin, kPage);
  SegmentPlan plan{.file = {first_page, first_page},
                   .file_offset = align_down(segment.file.offset, kPage),
                   .zero = {0, 0},
                   .anonymous = {first_page, end},
                   .prot = segment.prot};
  if (segment.file.size == 0) return plan;
  plan.file.end = plan.anonymous.begin = align_up(file_end, kPage);
  if (segment.memory_size > segment.file.size) plan.zero = {file_end, plan.file.end};
  return plan;
}

bool fits(const ElfImage& image, uint64_t bias, AddressRange window) {
  return range_within(image.begin + bias, image.end - image.begin, window.begin, window.end);
}

Result<uint64_t> choose_bias(const ElfImage& image, AddressRange window, uint64_t choice) {
  const uint64_t size = image.end - image.begin;
  if (window.end < window.begin || window.length() < size) return Errno(ENOMEM);
  // The bias is a multiple of the alignment, so that addresses keep theirs; modulo 2^64 it may be negative.
  const uint64_t misaligned = image.begin & (image.alignment - 1);
  const uint64_t lowest = align_up(window.begin - misaligned, image.alignment) + misaligned;
  const uint64_t highest = window.end - size;
  if (lowest < window.begin || lowest > highest) return Errno(ENOMEM);
  const uint64_t places = (highest - lowest) / image.alignment + 1;
  return lowest + choice % places * image.alignment - image.begin;
}

}  // namespace scone::loader
