#include "volume/open_file.h"

#include "crypto/wipe.h"

namespace scone::volume {

Result<crypto::AesGcm*> CipherCache::find(const FileKeys& keys, uint32_t epoch, uint64_t file_id,
                                          uint16_t key_bits) {
  Slot* oldest = &slots_[0];
  ++clock_;
  for (Slot& slot : slots_) {
    if (slot.epoch == epoch && slot.cipher.has_key()) {
      slot.used = clock_;
      return &slot.cipher;
    }
    if (clock_ - slot.used > clock_ - oldest->used) oldest = &slot;
  }
  oldest->epoch = 0;
  TRY(keys.derive(epoch, file_id, key_bits, &oldest->cipher));
  oldest->epoch = epoch;
  oldest->used = clock_;
  return &oldest->cipher;
}

OpenFile::~OpenFile() { rest(); }

void OpenFile::rest() {
  delete std::exchange(host, nullptr);
  if (buffer) crypto::wipe(buffer, buffer_size);
  delete[] std::exchange(buffer, nullptr);
  buffered = kNoChunk;
  buffer_changed = false;
  ciphers.clear();
}

Result<void> OpenFile::make_buffer(uint32_t size) {
  if (buffer) return ok();
  buffer = new (std::nothrow) uint8_t[size];
  if (!buffer) return Errno(ENOMEM);
  buffer_size = size;
  return ok();
}

}  // namespace scone::volume
