#include "volume/file_keys.h"

#include "crypto/hkdf.h"
#include "crypto/random.h"

namespace scone::volume {

Result<void> FileKeys::generate() { return crypto::random_bytes(volume_key_.bytes()); }

const Epoch* FileKeys::find(uint32_t number) const {
  size_t low = 0, high = epochs_.size();
  while (low < high) {
    const size_t middle = low + (high - low) / 2;
    if (epochs_[middle].number < number)
      low = middle + 1;
    else
      high = middle;
  }
  return low < epochs_.size() && epochs_[low].number == number ? &epochs_[low] : nullptr;
}

Result<void> FileKeys::add_epoch(const Epoch& epoch) {
  if (epoch.number == 0 || epoch.number > kMaxEpoch) return Errno(EINVAL);
  if (!epochs_.empty() && epoch.number <= epochs_[epochs_.size() - 1].number) return Errno(EEXIST);
  return epochs_.push(epoch);
}

Result<uint32_t> FileKeys::current_epoch() {
  if (current_) return current_;
  Epoch epoch;
  epoch.number = epochs_.empty() ? 1 : epochs_[epochs_.size() - 1].number + 1;
  if (epoch.number > kMaxEpoch) return Errno(EOVERFLOW);
  TRY(crypto::random_bytes(epoch.salt));
  TRY(add_epoch(epoch));
  current_ = epoch.number;
  return current_;
}

const Epoch* FileKeys::untold_epoch() const { return current_ && !told_ ? find(current_) : nullptr; }

Result<void> FileKeys::derive(uint32_t epoch, uint64_t file_id, uint16_t key_bits,
                              crypto::AesGcm* cipher) const {
  const Epoch* known = find(epoch);
  if (!known) return Errno(EBADMSG);
  uint8_t numbers[10];
  for (size_t i = 0; i < 8; ++i) numbers[i] = static_cast<uint8_t>(file_id >> (8 * i));
  numbers[8] = static_cast<uint8_t>(key_bits);
  numbers[9] = static_cast<uint8_t>(key_bits >> 8);
  crypto::Secret<kKeySize> key;
  const MutableBytes used = MutableBytes(key.bytes()).first(key_bits / 8);
  const Bytes purpose(reinterpret_cast<const uint8_t*>(kFileKeyInfo), sizeof kFileKeyInfo - 1);
  TRY(crypto::hkdf_expand(volume_key_.bytes(), {purpose, Bytes(known->salt), Bytes(numbers)}, used));
  return cipher->set_key(used);
}

}  // namespace scone::volume
