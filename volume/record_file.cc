#include "volume/record_file.h"

#include "base/checked.h"
#include "base/min_max.h"
#include "crypto/constant_time.h"
#include "crypto/hkdf.h"
#include "crypto/random.h"
#include "crypto/sha256.h"

namespace scone::volume {
namespace {

constexpr size_t kWindow = size_t{256} << 10;
constexpr size_t kRoomStep = size_t{128} << 10;

template <size_t kSize>
Bytes info(const char (&text)[kSize]) {
  return {reinterpret_cast<const uint8_t*>(text), kSize - 1};
}

Result<void> key_check(const FileIdentity& identity, uint8_t (&check)[kKeyCheckSize]) {
  return crypto::hkdf(identity.volume_id, identity.key.bytes(), {info(kKeyCheckInfo)}, check);
}

// The tag that stands before the first record: all of the header is authenticated with it.
Result<Tag> header_tag(Bytes header) {
  const crypto::Sha256Digest digest = TRY(crypto::sha256({header}));
  Tag tag;
  __builtin_memcpy(tag.data(), digest.data(), tag.size());
  return tag;
}

std::array<uint8_t, crypto::kNonceSize> nonce_of(uint64_t counter) {
  std::array<uint8_t, crypto::kNonceSize> nonce{};
  for (size_t i = 0; i < 8; ++i) nonce[i] = static_cast<uint8_t>(counter >> (8 * i));
  return nonce;
}

// What a record's tag covers besides its payload.
struct Associated {
  uint8_t bytes[kTagSize + kAuthenticatedHeaderSize + kSaltSize];
  size_t size;

  Associated(const Tag& previous, Bytes header, Bytes salt)
      : size(kTagSize + kAuthenticatedHeaderSize + salt.size()) {
    __builtin_memcpy(bytes, previous.data(), kTagSize);
    __builtin_memcpy(bytes + kTagSize, header.data(), kAuthenticatedHeaderSize);
    if (!salt.empty())
      __builtin_memcpy(bytes + kTagSize + kAuthenticatedHeaderSize, salt.data(), salt.size());
  }
  Bytes span() const { return {bytes, size}; }
};

// A description that is being prepared has no key: its tags are digests.
Result<Tag> digest_tag(Bytes associated, Bytes payload) {
  const crypto::Sha256Digest digest = TRY(crypto::sha256({associated, payload}));
  Tag tag;
  __builtin_memcpy(tag.data(), digest.data(), tag.size());
  return tag;
}

struct RecordHeader {
  uint32_t magic, payload_size;
  uint64_t sequence, counter;
  uint8_t kind, new_key;
  bool reserved_is_zero;
  Tag tag;

  explicit RecordHeader(Bytes bytes) {
    Decoder decoder(bytes);
    magic = decoder.u32();
    payload_size = decoder.u32();
    sequence = decoder.u64();
    counter = decoder.u64();
    kind = decoder.u8();
    new_key = decoder.u8();
    reserved_is_zero = true;
    for (const uint8_t byte : decoder.bytes(6)) reserved_is_zero &= byte == 0;
    __builtin_memcpy(tag.data(), decoder.bytes(kTagSize).data(), kTagSize);
  }
  size_t salt_size() const { return new_key ? kSaltSize : 0; }
  uint64_t record_size() const {
    return align_up(kRecordHeaderSize + salt_size() + payload_size, kRecordAlignment);
  }
  bool is_plausible() const {
    return magic == kRecordMagic && reserved_is_zero && payload_size <= kMaxPayload && new_key <= 1 &&
           kind >= 1 && kind <= 3;
  }
};

}  // namespace

void FileIdentity::set_key(Bytes key_bytes) {
  sealed = !key_bytes.empty();
  if (sealed) __builtin_memcpy(key.bytes().data(), key_bytes.data(), kKeySize);
}

void RecordBuilder::begin() {
  static constexpr uint8_t kZeros[kRoom] = {};
  encoder_.cut(0);
  encoder_.bytes(kZeros);
}

RecordFile& RecordFile::operator=(RecordFile&& other) noexcept {
  std::swap(file_, other.file_);
  std::swap(size_, other.size_);
  std::swap(end_, other.end_);
  std::swap(sequence_, other.sequence_);
  std::swap(tag_, other.tag_);
  std::swap(snapshot_ended_, other.snapshot_ended_);
  std::swap(read_cipher_, other.read_cipher_);
  std::swap(write_cipher_, other.write_cipher_);
  std::swap(write_salt_, other.write_salt_);
  std::swap(counter_, other.counter_);
  std::swap(write_key_known_, other.write_key_known_);
  std::swap(appended_size_, other.appended_size_);
  std::swap(appended_tag_, other.appended_tag_);
  std::swap(buffer_, other.buffer_);
  std::swap(buffer_begin_, other.buffer_begin_);
  return *this;
}

Result<void> RecordFile::derive(const FileIdentity& identity, Bytes salt, crypto::AesGcm* cipher) {
  crypto::Secret<kKeySize> key;
  TRY(crypto::hkdf(salt, identity.key.bytes(), {info(kRecordKeyInfo), Bytes(identity.volume_id)},
                   key.bytes()));
  return cipher->set_key(key.bytes());
}

// Bytes of the file, fewer at its end. Records are read once, from front to back.
Result<Bytes> RecordFile::window(uint64_t offset, size_t size) {
  if (offset < buffer_begin_ || offset - buffer_begin_ > buffer_.size() ||
      size > buffer_.size() - (offset - buffer_begin_)) {
    TRY(buffer_.resize(max_of(size, kWindow), 0));
    buffer_.shrink(max_of(size, kWindow));
    const size_t got = TRY(file_->pread(offset, buffer_.span()));
    buffer_.shrink(min_of(got, buffer_.size()));
    buffer_begin_ = offset;
  }
  const Bytes rest = Bytes(buffer_.span()).subspan(offset - buffer_begin_);
  return rest.first(min_of(size, rest.size()));
}

Result<void> RecordFile::open(StorageFile* file, FileIdentity& identity, bool key_given,
                              const char** reason) {
  file_ = file;
  *reason = "cannot be read";
  size_ = TRY(file_->size());
  const Bytes header = TRY(window(0, kFileHeaderSize));
  *reason = "is not a protection file";
  if (header.size() < kFileHeaderSize || __builtin_memcmp(header.data(), kMagic, sizeof kMagic) != 0)
    return Errno(EBADMSG);
  Decoder decoder(header.subspan(sizeof kMagic));
  *reason = "has a version that is not known";
  if (decoder.u32() != kVersion) return Errno(EBADMSG);
  const uint32_t flags = decoder.u32();
  *reason = "has flags that are not known";
  if (flags & ~kSealedFlag) return Errno(EBADMSG);
  const bool sealed = flags & kSealedFlag;
  *reason =
      sealed ? "is encrypted, and no key is given" : "is not encrypted, although a key is given: replaced?";
  if (sealed != key_given) return Errno(sealed ? EACCES : EBADMSG);
  __builtin_memcpy(identity.volume_id, decoder.bytes(kVolumeIdSize).data(), kVolumeIdSize);
  if (sealed) {
    uint8_t expected[kKeyCheckSize];
    TRY(key_check(identity, expected));
    *reason = "was not encrypted with the given key";
    if (!crypto::equal(expected, decoder.bytes(kKeyCheckSize))) return Errno(EACCES);
  }
  tag_ = TRY(header_tag(header));
  end_ = kFileHeaderSize;
  return ok();
}

Result<Tag> RecordFile::find_last_tag(StorageFile* file, const char** reason) {
  file_ = file;
  *reason = "cannot be read";
  size_ = TRY(file_->size());
  const Bytes magic = TRY(window(0, sizeof kMagic));
  *reason = "is not a protection file";
  if (magic.size() < sizeof kMagic || __builtin_memcmp(magic.data(), kMagic, sizeof kMagic) != 0)
    return Errno(EBADMSG);
  bool found = false;
  for (end_ = kFileHeaderSize;; ++sequence_) {
    const Bytes bytes = TRY(window(end_, kRecordHeaderSize));
    if (bytes.size() < kRecordHeaderSize) break;
    const RecordHeader header(bytes);
    if (!header.is_plausible() || header.sequence != sequence_ || header.record_size() > size_ - end_) break;
    end_ += header.record_size();
    tag_ = header.tag;
    found = header.kind != static_cast<uint8_t>(RecordKind::kSnapshotPart);
  }
  *reason = "ends too early";
  if (!found) return Errno(EBADMSG);
  return tag_;
}

// Is there a later record behind the one at end_ that does not verify? A crash cannot leave that: a record is written when the one before is safe.
Result<bool> RecordFile::is_followed() {
  for (uint64_t offset = end_ + kRecordAlignment; offset < size_; offset += kRecordAlignment) {
    const Bytes bytes = TRY(window(offset, kRecordHeaderSize));
    if (bytes.size() < kRecordHeaderSize) return false;
    if (Decoder(bytes).u32() != kRecordMagic) continue;
    const RecordHeader header(bytes);
    if (header.is_plausible() && header.sequence > sequence_ &&
        header.sequence - sequence_ < (uint64_t{1} << 32))
      return true;
  }
  return false;
}

Result<bool> RecordFile::end_or_damage(const char* what, const char** reason) {
  *reason = what;
  if (!snapshot_ended_ || TRY(is_followed())) return Errno(EBADMSG);
  buffer_.release();
  return false;
}

Result<bool> RecordFile::next(const FileIdentity& identity, Record* record, const char** reason) {
  *reason = "cannot be read";
  const Bytes header_bytes = TRY(window(end_, kRecordHeaderSize));
  if (header_bytes.size() < kRecordHeaderSize) return end_or_damage("ends too early", reason);
  const RecordHeader header(header_bytes);
  if (!header.is_plausible() || header.sequence != sequence_)
    return end_or_damage("has a damaged record", reason);
  const uint64_t size = header.record_size();
  if (size > size_ - min_of(size_, end_)) return end_or_damage("ends in the middle of a record", reason);
  const Bytes bytes = TRY(window(end_, size));
  if (bytes.size() < size) return end_or_damage("ends in the middle of a record", reason);

  const Bytes salt = bytes.subspan(kRecordHeaderSize, header.salt_size());
  const size_t payload_begin = kRecordHeaderSize + salt.size();
  const MutableBytes payload =
      buffer_.span().subspan(end_ - buffer_begin_ + payload_begin, header.payload_size);
  for (const uint8_t byte : bytes.subspan(payload_begin + header.payload_size))
    if (byte != 0) return end_or_damage("has a damaged record", reason);
  const Associated associated(tag_, bytes, salt);
  bool good;
  if (identity.sealed) {
    if (!salt.empty()) TRY(derive(identity, salt, &read_cipher_));
    const auto opened = read_cipher_.has_key()
                            ? read_cipher_.open(nonce_of(header.counter), associated.span(), payload,
                                                header.tag, payload.data())
                            : Result<void>(Errno(EBADMSG));
    good = opened.ok();
  } else {
    good = TRY(digest_tag(associated.span(), payload)) == header.tag;
  }
  if (!good) {
    buffer_.clear();  // the payload was overwritten
    return end_or_damage("has a record that does not verify: changed, reordered or from another volume",
                         reason);
  }
  *record = {static_cast<RecordKind>(header.kind), payload, header.tag};
  snapshot_ended_ |= record->kind == RecordKind::kSnapshotEnd;
  tag_ = header.tag;
  end_ += size;
  ++sequence_;
  return true;
}

Result<void> RecordFile::start(StorageFile* file, const FileIdentity& identity) {
  file_ = file;
  uint8_t check[kKeyCheckSize] = {};
  if (identity.sealed) TRY(key_check(identity, check));
  Encoder header;
  header.bytes(kMagic);
  header.u32(kVersion);
  header.u32(identity.sealed ? kSealedFlag : 0);
  header.bytes(identity.volume_id);
  header.bytes(check);
  header.u64(0);
  header.u64(0);
  TRY(header.check());
  TRY(file_->pwrite(0, header.written()));
  tag_ = TRY(header_tag(header.written()));
  end_ = size_ = kFileHeaderSize;
  return ok();
}

Result<void> RecordFile::append(const FileIdentity& identity, RecordKind kind, RecordBuilder& builder) {
  TRY(builder.encoder_.check());
  if (builder.payload_size() > kMaxPayload) return Errno(EFBIG);
  // A key serves one mount: nonces cannot repeat, whatever older state a crash or the host makes us start from.
  const bool new_key = identity.sealed && !write_key_known_;
  if (new_key) {
    TRY(crypto::random_bytes(write_salt_));
    TRY(derive(identity, write_salt_, &write_cipher_));
    counter_ = 0;
  }
  const size_t payload_size = builder.payload_size();
  const size_t begin = new_key ? 0 : kSaltSize;
  const Bytes salt(write_salt_, new_key ? kSaltSize : 0);
  Encoder header;
  header.u32(kRecordMagic);
  header.u32(static_cast<uint32_t>(payload_size));
  header.u64(sequence_);
  header.u64(counter_);
  header.u8(static_cast<uint8_t>(kind));
  header.u8(new_key);
  header.u32(0);
  header.u16(0);
  TRY(header.check());
  const Associated associated(tag_, header.written(), salt);
  const size_t size = kRecordHeaderSize + salt.size() + payload_size;
  while ((builder.encoder_.size() - begin) % kRecordAlignment != 0) builder.encoder_.u8(0);
  TRY(builder.encoder_.check());
  const MutableBytes record = builder.encoder_.written().subspan(begin);
  const MutableBytes payload = record.subspan(size - payload_size, payload_size);
  if (identity.sealed)
    TRY(write_cipher_.seal(nonce_of(counter_++), associated.span(), payload, payload.data(), appended_tag_));
  else
    appended_tag_ = TRY(digest_tag(associated.span(), payload));
  header.bytes(appended_tag_);
  header.bytes(salt);
  TRY(header.check());
  __builtin_memcpy(record.data(), header.written().data(), header.size());
  appended_size_ = record.size();
  TRY(file_->pwrite(end_, record));
  if (kind == RecordKind::kSnapshotPart) {  // parts become safe with the end of the snapshot
    tag_ = appended_tag_;
    end_ += appended_size_;
    ++sequence_;
    write_key_known_ = true;
  }
  return ok();
}

// A file whose size does not change is synced faster: zeros are written ahead. Failing is no harm.
void RecordFile::make_room() {
  if (end_ + kRoomStep / 4 <= size_) return;
  uint8_t* zeros = new (std::nothrow) uint8_t[kRoomStep];
  if (!zeros) return;
  __builtin_memset(zeros, 0, kRoomStep);
  const uint64_t begin = max_of(end_, size_);
  if (file_->pwrite(begin, {zeros, kRoomStep}).ok()) size_ = begin + kRoomStep;
  delete[] zeros;
}

Result<void> RecordFile::confirm(bool room) {
  TRY(file_->sync());
  tag_ = appended_tag_;
  end_ += appended_size_;
  ++sequence_;
  write_key_known_ = true;
  size_ = max_of(size_, end_);
  if (room) make_room();
  return ok();
}

}  // namespace scone::volume
