// The keys of file contents: one per file and epoch, an epoch being the part of one mount's life in which it writes.
#pragma once

#include <atomic>
#include <cstdint>

#include "base/array.h"
#include "base/result.h"
#include "crypto/aes_gcm.h"
#include "crypto/wipe.h"
#include "volume/bytes.h"
#include "volume/format.h"

namespace scone::volume {

struct Epoch {
  uint32_t number;
  uint8_t salt[kSaltSize];
};

class FileKeys {
 public:
  static constexpr uint32_t kMaxEpoch = (1u << 30) - 1;

  // A fresh volume key. EIO.
  Result<void> generate();
  MutableBytes volume_key() { return volume_key_.bytes(); }

  // Known epochs, ascending. EEXIST, ENOMEM.
  Result<void> add_epoch(const Epoch& epoch);
  std::span<const Epoch> epochs() const { return epochs_.span(); }
  // Forgets epochs for which `is_used` is false.
  template <typename Predicate>
  void keep(Predicate is_used) {
    size_t kept = 0;
    for (const Epoch& epoch : epochs_)
      if (is_used(epoch.number) || epoch.number == current_) epochs_[kept++] = epoch;
    epochs_.shrink(kept);
  }

  // The epoch in which this mount writes; starts it at the first call. EIO, ENOMEM, EOVERFLOW.
  Result<uint32_t> current_epoch();
  // nullptr, or the current epoch while no commit has told of it.
  const Epoch* untold_epoch() const;
  void epoch_is_told() { told_ = current_ != 0; }
  // Never the same twice in an epoch. Thread safe.
  uint64_t next_counter() { return counter_.fetch_add(1, std::memory_order_relaxed); }

  // EBADMSG: the epoch is not known. ENOMEM.
  Result<void> derive(uint32_t epoch, uint64_t file_id, uint16_t key_bits, crypto::AesGcm* cipher) const;

 private:
  const Epoch* find(uint32_t number) const;

  crypto::Secret<kKeySize> volume_key_;
  Array<Epoch> epochs_;
  uint32_t current_ = 0;  // 0: none yet
  bool told_ = false;
  std::atomic<uint64_t> counter_{0};
};

}  // namespace scone::volume
