// Finds room for trampolines such that the jumps to them trap where their windows need it.
#pragma once

#include <cstdint>
#include <optional>

#include "base/result.h"
#include "enclave/rewrite/bitmap.h"
#include "enclave/rewrite/views.h"
#include "enclave/rewrite/window.h"

namespace scone::rewrite {

// Hands out parts of a trampoline area, lowest first so that few pages are touched.
class Placement {
 public:
  // Error: ENOMEM.
  static Result<Placement> create(uint64_t address, uint64_t size);

  // `size` free bytes for the target of a jump that ends at address `jump_end` and is formed as guard demands. The
  // bytes are then taken. O(area).
  std::optional<uint64_t> take(uint64_t jump_end, uint64_t size, const Guard& guard);

  // Bytes from the area's start to the end of the highest trampoline.
  uint64_t used() const { return used_; }

 private:
  Placement(Bitmap units, uint64_t address, uint64_t size)
      : taken_(std::move(units)), address_(address), size_(size) {}
  bool fits(uint64_t address, uint64_t size) const;
  void mark(uint64_t address, uint64_t size);

  Bitmap taken_;  // one bit for each 16 bytes
  uint64_t address_;
  uint64_t size_;
  uint64_t full_below_ = 0;  // offset: no free unit below
  uint64_t used_ = 0;
};

}  // namespace scone::rewrite
