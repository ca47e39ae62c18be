// Where the instructions of a function begin.
#pragma once

#include <cstdint>

#include "base/array.h"
#include "base/result.h"
#include "enclave/rewrite/bitmap.h"
#include "enclave/rewrite/instruction.h"
#include "enclave/rewrite/views.h"

namespace scone::rewrite {

// Decodes one stretch of a segment at a time; all numbers are offsets into the segment. Reusable.
class Sweep {
 public:
  Sweep(std::span<const uint8_t> code, const Decoder& decoder) : code_(code), decoder_(decoder) {}

  // A function whose bounds are known. True if the instruction boundaries are certain: every instruction decodes,
  // the last ends exactly at `end`, and no branch of the function leads inside one of its instructions.
  // Error: ENOMEM. Precondition: begin < end <= code size.
  Result<bool> function(uint32_t begin, uint32_t end);

  // The surroundings of `site`, which no description covers, inside the gap [low, high). Starts up to three call
  // targets below the site and goes on to the next one above it. True if every instruction between the nearest call
  // target and the end decodes, all branches among them lead to boundaries, and call targets that are no
  // boundaries are few against those that are. Sites are asked for in ascending order: what is decoded already is used again.
  // Error: ENOMEM. Precondition: low <= site < high <= code size.
  Result<bool> around(uint32_t site, uint32_t low, uint32_t high, const Bitmap& calls);

  // After true: the boundaries, ascending; the range they cover; whether it holds vector code.
  std::span<const uint32_t> starts() const { return starts_.span(); }
  uint32_t begin() const { return begin_; }
  uint32_t end() const { return end_; }
  bool vector() const { return vector_; }
  // The index in starts() of the instruction at offset, or starts().size().
  size_t index_of(uint32_t offset) const;
  // Adds the targets of the range's direct branches.
  void mark_targets(Bitmap& references) const;

 private:
  struct Branch {
    uint32_t from, to;
  };
  void reset(uint32_t begin);
  Result<bool> step(uint32_t limit);
  bool is_boundary(uint32_t offset) const { return index_of(offset) != starts_.size(); }
  Result<bool> reach(uint32_t site, uint32_t high, const Bitmap& calls);
  uint32_t function_of(uint32_t site, const Bitmap& calls) const;
  bool branches_agree(uint32_t from) const;
  bool chance_explains(uint32_t from, const Bitmap& calls) const;
  size_t first_branch(uint32_t from) const;

  std::span<const uint8_t> code_;
  const Decoder& decoder_;
  Array<uint32_t> starts_;
  Array<Branch> branches_;
  uint32_t gap_ = 0;  // where the gap ends that is being decoded; 0 = none
  uint32_t begin_ = 0;
  uint32_t end_ = 0;  // of what is decoded so far
  bool vector_ = false;
};

}  // namespace scone::rewrite
