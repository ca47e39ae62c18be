#include "console/writer.h"

#include <linux/errno.h>

namespace scone::console {
namespace {

RecordHeader header_of(Stream stream, RecordType type, size_t length, uint64_t sequence) {
  return {kVersion, static_cast<uint8_t>(stream),  static_cast<uint8_t>(type),
          0,        static_cast<uint32_t>(length), sequence};
}

// A record whose payload is readable by all but authentic.
Result<void> seal_open_text(StreamCipher& cipher, const RecordHeader& header, const void* payload,
                            Line& line) {
  uint8_t record[sizeof header + kHelloSize + kTagSize];
  const size_t size = sizeof header + header.length;
  __builtin_memcpy(record, &header, sizeof header);
  __builtin_memcpy(record + sizeof header, payload, header.length);
  TRY(cipher.seal(header, Bytes(record, size), {}, record + size, record + size));
  line.size = armor(Bytes(record, size + kTagSize), line.text);
  return ok();
}

}  // namespace

Result<void> write_challenge(Key key, const Session& session, Line& line) {
  StreamCipher cipher;
  TRY(cipher.derive_for_challenge(key, session));
  const auto header = header_of(Stream::kOutput, RecordType::kChallenge, kNonceSize, 0);
  return seal_open_text(cipher, header, session.enclave, line);
}

Result<void> RecordWriter::hello(Key key, const Session& session, Line& line) {
  TRY(cipher_.derive(key, session, stream_));
  uint8_t nonces[kHelloSize];
  __builtin_memcpy(nonces, session.enclave, kNonceSize);
  __builtin_memcpy(nonces + kNonceSize, session.client, kNonceSize);
  TRY(seal_open_text(cipher_, header_of(stream_, RecordType::kHello, kHelloSize, 0), nonces, line));
  next_ = 1;
  return ok();
}

Result<void> RecordWriter::write(RecordType type, Bytes payload, Line& line) {
  if (next_ == UINT64_MAX) return Errno(EOVERFLOW);
  const RecordHeader header = header_of(stream_, type, payload.size(), next_);
  uint8_t record[kMaxRecord];
  __builtin_memcpy(record, &header, sizeof header);
  uint8_t* sealed = record + sizeof header;
  TRY(cipher_.seal(header, Bytes(record, sizeof header), payload, sealed, sealed + payload.size()));
  ++next_;
  ended_ = ended_ || type == RecordType::kEnd;
  line.size = armor(Bytes(record, sizeof header + payload.size() + kTagSize), line.text);
  return ok();
}

Result<void> RecordWriter::terminal(TerminalSize size, Line& line) {
  const uint16_t words[2] = {size.rows, size.columns};
  return write(RecordType::kTerminal, Bytes(reinterpret_cast<const uint8_t*>(words), sizeof words), line);
}

Result<void> RecordWriter::end(uint32_t wait_status, Line& line) {
  return write(RecordType::kEnd, Bytes(reinterpret_cast<const uint8_t*>(&wait_status), sizeof wait_status),
               line);
}

}  // namespace scone::console
