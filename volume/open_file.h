// What a file needs in memory while it is in use or has changes that are not committed.
#pragma once

#include <cstdint>

#include "base/array.h"
#include "base/result.h"
#include "crypto/aes_gcm.h"
#include "volume/file_keys.h"
#include "volume/slot_map.h"
#include "volume/storage.h"

namespace scone::volume {

// Keys of a file by epoch; few, because most files were written in one.
class CipherCache {
 public:
  void clear() {
    for (Slot& slot : slots_) slot = Slot();
  }
  // Valid until the next call. ENOMEM, EBADMSG (unknown epoch).
  Result<crypto::AesGcm*> find(const FileKeys& keys, uint32_t epoch, uint64_t file_id, uint16_t key_bits);

 private:
  static constexpr size_t kSize = 4;
  struct Slot {
    uint32_t epoch = 0;
    uint32_t used = 0;
    crypto::AesGcm cipher;
  } slots_[kSize];
  uint32_t clock_ = 0;
};

class OpenFile {
 public:
  OpenFile() = default;
  ~OpenFile();

  StorageFile* host = nullptr;
  bool host_is_writable = false;
  CipherCache ciphers;

  // One chunk in the clear; `size` bytes, zeros beyond the end of the file.
  uint8_t* buffer = nullptr;
  uint32_t buffer_size = 0;
  uint64_t buffered = kNoChunk;  // its number
  bool buffer_changed = false;   // newer than what the chunk map knows
  static constexpr uint64_t kNoChunk = ~uint64_t{0};

  SlotMap slots;
  bool slots_known = false;
  Array<uint64_t> changed;  // chunks whose entries are to be committed, perhaps several times
  Array<uint64_t>
      unsynced;  // chunks that are committed with their bytes in the journal; until the host file is synced
  Array<uint32_t> superseded;         // slots that the last commit still refers to: free after the next one
  uint64_t lowest_chunks = kNoChunk;  // chunks that survived all truncations since the last commit

  // Keeps only what the next commit needs. Precondition: the buffer has no changes.
  void rest();
  // ENOMEM. Precondition: size is the region's chunk size.
  Result<void> make_buffer(uint32_t size);
};

}  // namespace scone::volume
