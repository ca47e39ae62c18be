// The receiving end of one stream.
#pragma once

#include <optional>
#include <string_view>

#include "console/armor.h"
#include "console/session.h"

namespace scone::console {

// What is wrong with a line, or with the end of a stream.
enum class Fault : uint8_t {
  kNone,
  kDamagedLine,  // no record at all
  kOtherVersion,
  kMalformed,     // a header that no writer makes
  kOtherStream,   // moved here from another stream
  kNotAuthentic,  // changed, forged, from another run, or under another key
  kStale,         // a hello of another run
  kReplayed,      // came before
  kMissing,       // others that belong before it did not come
  kAfterEnd,
  kTruncated,  // the stream ended without its last record
  kCrypto,     // the library failed
};
// A sentence without its subject. Never null.
const char* describe(Fault fault);

// An authentic record. The payload is valid until the next line.
struct Record {
  RecordType type{};
  uint64_t sequence = 0;
  Bytes payload;
};

// Preconditions of these: the record has the type (its payload's size was checked).
TerminalSize terminal_size(const Record& record);
uint32_t wait_status(const Record& record);

// Verifies records in order. After the first fault the stream is finished: all later lines give the same fault. Not thread safe.
class RecordReader {
 public:
  // `key` must outlive it.
  RecordReader(Key key, Stream stream) : console_key_(key), stream_(stream) {}

  // What the stream's hello must say, because this end chose it or knows it. Otherwise the hello's word is taken: then a whole
  // run may be a repeated one.
  void expect(const Session& session) { expected_ = session; }
  void expect_enclave(const Session& session) { expected_enclave_ = session; }

  // One line without its newline. On success `record` is the next record of the stream. A challenge counts as none: its payload
  // is the enclave's nonce, to be answered, and the hello is still to come.
  Fault read(std::string_view line, Record& record);
  // The stream's source has ended.
  Fault finish() const { return fault_ != Fault::kNone ? fault_ : ended_ ? Fault::kNone : Fault::kTruncated; }

  // After a fault kMissing: the number that should have come, and the one that came.
  uint64_t expected_sequence() const { return next_; }
  uint64_t seen_sequence() const { return seen_; }
  const Session& session() const { return session_; }
  bool greeted() const { return next_ > 0; }
  bool ended() const { return ended_; }
  Stream stream() const { return stream_; }

 private:
  Fault check(Record& record, size_t size);
  Fault open_beginning(const RecordHeader& header);
  Fault open_challenge(const RecordHeader& header);
  Fault open_hello(const RecordHeader& header);
  Fault open_record(const RecordHeader& header);
  bool is_expected(const Session& session) const;

  const Key console_key_;
  const Stream stream_;
  std::optional<Session> expected_, expected_enclave_;
  Session session_;
  StreamCipher cipher_;
  uint64_t next_ = 0;
  uint64_t seen_ = 0;
  bool challenged_ = false;
  bool closed_ = false;
  bool ended_ = false;
  Fault fault_ = Fault::kNone;
  uint8_t record_[kMaxRecord];
};

}  // namespace scone::console
