// Erasing secrets so that the compiler cannot leave it out.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace scone::crypto {

void wipe(void* memory, size_t size);

// A secret of fixed size that is wiped when it goes.
template <size_t kSize>
class Secret {
 public:
  Secret() = default;
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;
  ~Secret() { wipe(bytes_.data(), kSize); }

  std::span<uint8_t, kSize> bytes() { return bytes_; }
  std::span<const uint8_t, kSize> bytes() const { return bytes_; }

 private:
  std::array<uint8_t, kSize> bytes_{};
};

}  // namespace scone::crypto
