// Which slots of a host file are in use.
#pragma once

#include <cstdint>

#include "base/array.h"
#include "base/result.h"

namespace scone::volume {

class SlotMap {
 public:
  // Takes a slot: `preferred` if it is free and not far beyond the end, else the next free one after the slot taken last, else one at the end.
  // EFBIG, ENOMEM.
  Result<uint32_t> take(uint32_t preferred);
  // For slots that are known to be in use. EEXIST: taken twice. ENOMEM.
  Result<void> mark(uint32_t slot);
  void free(uint32_t slot);
  bool is_used(uint32_t slot) const;
  // One more than the last slot in use.
  uint64_t end() const;

 private:
  static constexpr uint64_t kMaxSlots = 0xffffffff;
  static constexpr uint64_t kReach =
      4096;  // how far beyond the end a preferred slot may be: bounds what holes cost

  Result<void> set(uint64_t slot);
  uint64_t next_free(uint64_t from) const;

  Array<uint64_t> words_;
  uint64_t used_ = 0;
  uint64_t end_ = 0;   // no slot at or after it is in use
  uint64_t last_ = 0;  // where the search goes on
};

}  // namespace scone::volume
