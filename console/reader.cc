#include "console/reader.h"

#include <linux/errno.h>

namespace scone::console {
namespace {

Fault fault_of(Errno error) { return error == Errno(EBADMSG) ? Fault::kNotAuthentic : Fault::kCrypto; }

bool is_size_possible(RecordType type, size_t length) {
  switch (type) {
    case RecordType::kChallenge:
      return length == kNonceSize;
    case RecordType::kHello:
      return length == kHelloSize;
    case RecordType::kData:
      return length >= 1 && length <= kMaxPayload;
    case RecordType::kTerminal:
      return length == kTerminalSize;
    case RecordType::kClosed:
      return length == 0;
    case RecordType::kEnd:
      return length == sizeof(uint32_t);
  }
  return false;
}

bool is_type_possible(RecordType type, Stream stream) {
  const bool input = stream == Stream::kInput;
  if (type == RecordType::kTerminal) return input;
  if (type == RecordType::kEnd) return !input;
  return type != RecordType::kChallenge || stream == Stream::kOutput;
}

// The header of a record of `size` bytes; nothing of it is believed yet.
Fault parse_header(const uint8_t* record, size_t size, Stream stream, RecordHeader& header) {
  if (size < sizeof header + kTagSize) return Fault::kDamagedLine;
  __builtin_memcpy(&header, record, sizeof header);
  if (header.version != kVersion) return Fault::kOtherVersion;
  if (header.length != size - sizeof header - kTagSize || header.reserved != 0) return Fault::kMalformed;
  if (header.stream >= kStreams) return Fault::kMalformed;
  if (header.stream != static_cast<uint8_t>(stream)) return Fault::kOtherStream;
  const auto type = static_cast<RecordType>(header.type);
  return is_type_possible(type, stream) && is_size_possible(type, header.length) ? Fault::kNone
                                                                                 : Fault::kMalformed;
}

// Verifies a record whose payload is not encrypted.
Fault verify_open_text(StreamCipher& cipher, const RecordHeader& header, const uint8_t* record) {
  const size_t size = sizeof header + header.length;
  uint8_t none[1];
  const Result<void> opened = cipher.open(header, Bytes(record, size), {}, record + size, none);
  return opened.ok() ? Fault::kNone : fault_of(opened.error());
}

}  // namespace

TerminalSize terminal_size(const Record& record) {
  TerminalSize size;
  __builtin_memcpy(&size.rows, record.payload.data(), 2);
  __builtin_memcpy(&size.columns, record.payload.data() + 2, 2);
  return size;
}

uint32_t wait_status(const Record& record) {
  uint32_t status;
  __builtin_memcpy(&status, record.payload.data(), sizeof status);
  return status;
}

Fault RecordReader::read(std::string_view line, Record& record) {
  if (fault_ == Fault::kNone) fault_ = check(record, unarmor(line, record_));
  return fault_;
}

Fault RecordReader::check(Record& record, size_t size) {
  RecordHeader header;
  const Fault fault = parse_header(record_, size, stream_, header);
  if (fault != Fault::kNone) return fault;
  seen_ = header.sequence;
  const Fault opened = greeted() ? open_record(header) : open_beginning(header);
  if (opened != Fault::kNone) return opened;
  const auto type = static_cast<RecordType>(header.type);
  record = {type, header.sequence, Bytes(record_ + sizeof header, header.length)};
  if (type == RecordType::kChallenge) return Fault::kNone;
  if (ended_ || (closed_ && type != RecordType::kEnd)) return Fault::kAfterEnd;
  closed_ = closed_ || type == RecordType::kClosed;
  ended_ = type == RecordType::kEnd || (closed_ && stream_ == Stream::kInput);
  ++next_;
  return Fault::kNone;
}

bool RecordReader::is_expected(const Session& session) const {
  if (expected_ && !(*expected_ == session)) return false;
  return !expected_enclave_ || __builtin_memcmp(expected_enclave_->enclave, session.enclave, kNonceSize) == 0;
}

Fault RecordReader::open_beginning(const RecordHeader& header) {
  if (static_cast<RecordType>(header.type) == RecordType::kChallenge) return open_challenge(header);
  if (static_cast<RecordType>(header.type) == RecordType::kHello) return open_hello(header);
  return Fault::kMissing;  // nothing can be verified without the beginning
}

Fault RecordReader::open_challenge(const RecordHeader& header) {
  if (header.sequence != 0) return Fault::kMalformed;
  if (challenged_) return Fault::kReplayed;
  __builtin_memcpy(session_.enclave, record_ + sizeof header, kNonceSize);
  StreamCipher cipher;
  if (!cipher.derive_for_challenge(console_key_, session_).ok()) return Fault::kCrypto;
  const Fault fault = verify_open_text(cipher, header, record_);
  if (fault != Fault::kNone) return fault;
  if (!is_expected(session_)) return Fault::kStale;
  challenged_ = true;
  expected_enclave_ = session_;
  return Fault::kNone;
}

Fault RecordReader::open_hello(const RecordHeader& header) {
  if (header.sequence != 0) return Fault::kMalformed;
  __builtin_memcpy(session_.enclave, record_ + sizeof header, kNonceSize);
  __builtin_memcpy(session_.client, record_ + sizeof header + kNonceSize, kNonceSize);
  if (!cipher_.derive(console_key_, session_, stream_).ok()) return Fault::kCrypto;
  const Fault fault = verify_open_text(cipher_, header, record_);
  if (fault != Fault::kNone) return fault;
  if (!is_expected(session_)) return Fault::kStale;
  // Where a client takes part, stdout begins with the challenge.
  return stream_ == Stream::kOutput && session_.has_client() != challenged_ ? Fault::kMissing : Fault::kNone;
}

Fault RecordReader::open_record(const RecordHeader& header) {
  const auto type = static_cast<RecordType>(header.type);
  if (type == RecordType::kHello) {
    const Fault fault = verify_open_text(cipher_, header, record_);
    return fault == Fault::kNone ? Fault::kReplayed : fault;
  }
  if (type == RecordType::kChallenge) return Fault::kReplayed;
  uint8_t* payload = record_ + sizeof header;
  const Result<void> opened = cipher_.open(header, Bytes(record_, sizeof header),
                                           Bytes(payload, header.length), payload + header.length, payload);
  if (!opened.ok()) return fault_of(opened.error());
  if (header.sequence == next_) return Fault::kNone;
  return header.sequence < next_ ? Fault::kReplayed : Fault::kMissing;
}

}  // namespace scone::console
