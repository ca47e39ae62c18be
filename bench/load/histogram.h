#pragma once

#include <array>
#include <bit>
#include <cstdint>

namespace scone::bench {

// Counts durations in ns. Buckets grow with the value, 32 to each power of two, so a quantile is right to 3 %.
class Histogram {
 public:
  void add(uint64_t value) {
    ++buckets_[bucket(value)];
    ++count_;
  }

  // The smallest value that at least `part` (0…1) of all do not exceed; 0 if there is none.
  uint64_t quantile(double part) const {
    const auto wanted = static_cast<uint64_t>(part * static_cast<double>(count_));
    uint64_t seen = 0;
    for (unsigned i = 0; i < buckets_.size(); ++i) {
      seen += buckets_[i];
      if (seen > 0 && seen >= wanted) return upper_end(i);
    }
    return 0;
  }

 private:
  static constexpr unsigned kBits = 5;

  static constexpr unsigned bucket(uint64_t value) {
    if (value < (1u << kBits)) return static_cast<unsigned>(value);
    const unsigned shift = 63 - kBits - static_cast<unsigned>(std::countl_zero(value));
    return ((shift + 1) << kBits) + static_cast<unsigned>((value >> shift) & ((1u << kBits) - 1));
  }

  static constexpr uint64_t upper_end(unsigned index) {
    if (index < (1u << kBits)) return index;
    const unsigned shift = (index >> kBits) - 1;
    return ((uint64_t{1} << kBits | (index & ((1u << kBits) - 1))) + 1) * (uint64_t{1} << shift) - 1;
  }

  std::array<uint64_t, (64 - kBits + 1) << kBits> buckets_{};
  uint64_t count_ = 0;
};

}  // namespace scone::bench
