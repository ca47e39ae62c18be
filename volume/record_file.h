// The protection file: a header and a chain of sealed records, each of which authenticates all before it.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/array.h"
#include "base/result.h"
#include "crypto/aes_gcm.h"
#include "crypto/wipe.h"
#include "volume/bytes.h"
#include "volume/encoding.h"
#include "volume/format.h"
#include "volume/storage.h"
#include "volume/text.h"

namespace scone::volume {

// Which key, if any, seals the records.
struct FileIdentity {
  uint8_t volume_id[kVolumeIdSize] = {};
  bool sealed = false;
  crypto::Secret<kKeySize> key;

  // Precondition: `key` has 32 bytes or none.
  void set_key(Bytes key_bytes);
};

// Payloads are encoded behind room for the record's header, so that a record is sealed in place and written at once.
class RecordBuilder {
 public:
  RecordBuilder() { begin(); }
  void begin();
  Encoder& encoder() { return encoder_; }
  size_t payload_size() const { return encoder_.size() - kRoom; }

 private:
  friend class RecordFile;
  static constexpr size_t kRoom = kRecordHeaderSize + kSaltSize;
  Encoder encoder_;
};

// What next() found. The texts are static.
struct Record {
  RecordKind kind;
  Bytes payload;  // valid until the next call
  Tag tag;
};

class RecordFile {
 public:
  RecordFile() = default;
  RecordFile(RecordFile&& other) noexcept { *this = std::move(other); }
  RecordFile& operator=(RecordFile&& other) noexcept;
  ~RecordFile() { delete file_; }

  // Takes over `file` and reads its header. On error, `reason` says what is wrong. EACCES, EBADMSG, EIO, ENOMEM.
  Result<void> open(StorageFile* file, FileIdentity& identity, bool key_given, const char** reason);
  // The next record, or nothing at the end. The end is where the file ends, zeros follow, or a record is incomplete as a crash leaves
  // it; a record that does not verify although others follow is damage: EBADMSG.
  Result<bool> next(const FileIdentity& identity, Record* record, const char** reason);

  // Takes over `file` and follows its records without verifying them. EBADMSG, EIO, ENOMEM.
  Result<Tag> find_last_tag(StorageFile* file, const char** reason);

  // Takes over `file`, which is empty, and writes the header.
  Result<void> start(StorageFile* file, const FileIdentity& identity);
  // Adds the record behind the last one. On error the chain is as before, but the record may be found in the file at the next mount, or be replaced by the next one.
  Result<void> append(const FileIdentity& identity, RecordKind kind, RecordBuilder& builder);
  // Makes the appended record the last one, for good. `room` is how many bytes are made ready for the next ones.
  Result<void> confirm(bool make_room);

  StorageFile* file() { return file_; }
  uint64_t end() const { return end_; }  // of the last record that was read or confirmed
  const Tag& tag() const { return tag_; }

 private:
  Result<void> derive(const FileIdentity& identity, Bytes salt, crypto::AesGcm* cipher);
  Result<Bytes> window(uint64_t offset, size_t size);
  Result<bool> end_or_damage(const char* what, const char** reason);
  Result<bool> is_followed();
  void make_room();

  StorageFile* file_ = nullptr;
  uint64_t size_ = 0;  // of the file, as the host says
  uint64_t end_ = 0;
  uint64_t sequence_ = 0;  // of the next record
  Tag tag_{};              // of the last record; before the first, of the header
  bool snapshot_ended_ = false;

  crypto::AesGcm read_cipher_;
  crypto::AesGcm write_cipher_;
  uint8_t write_salt_[kSaltSize] = {};
  uint64_t counter_ = 0;          // the next nonce under the write key
  bool write_key_known_ = false;  // a confirmed record carries its salt
  uint64_t appended_size_ = 0;
  Tag appended_tag_{};

  Array<uint8_t> buffer_;  // bytes [buffer_begin_, + size) of the file
  uint64_t buffer_begin_ = 0;
};

}  // namespace scone::volume
