// Memory in parts that are to be filled one after the other.
#pragma once

#include "volume/bytes.h"

namespace scone::volume {

// All parts but the last have the same size.
class Parts {
 public:
  explicit Parts(std::span<const MutableBytes> parts) : parts_(parts) {
    if (!parts.empty()) size_ = (parts.size() - 1) * parts[0].size() + parts.back().size();
  }
  size_t size() const { return size_; }
  // [begin, begin + length) if it lies in one part, else nothing.
  MutableBytes at(size_t begin, size_t length) const {
    if (begin >= size_) return {};
    const MutableBytes rest = rest_of_part(begin);
    return length <= rest.size() ? rest.first(length) : MutableBytes();
  }
  // Precondition: begin < size().
  MutableBytes rest_of_part(size_t begin) const {
    return parts_[begin / parts_[0].size()].subspan(begin % parts_[0].size());
  }
  void clear_from(size_t begin) const {
    while (begin < size_) {
      const MutableBytes rest = rest_of_part(begin);
      __builtin_memset(rest.data(), 0, rest.size());
      begin += rest.size();
    }
  }

 private:
  std::span<const MutableBytes> parts_;
  size_t size_ = 0;
};

}  // namespace scone::volume
