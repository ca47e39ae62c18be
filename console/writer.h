// The sending end of one stream.
#pragma once

#include "base/result.h"
#include "console/armor.h"
#include "console/session.h"

namespace scone::console {

// A line with one record. What it held is wiped by the next one: it is ciphertext and need not be.
struct Line {
  char text[kMaxLine];
  size_t size = 0;
  std::string_view view() const { return {text, size}; }
};

// The enclave's first line, on stdout: who wants to be its client proves that it holds the key and is there now. EIO.
Result<void> write_challenge(Key key, const Session& session, Line& line);

// Seals records in order. Not thread safe.
class RecordWriter {
 public:
  explicit RecordWriter(Stream stream) : stream_(stream) {}

  // The stream's first record. EIO.
  Result<void> hello(Key key, const Session& session, Line& line);
  // What follows. Precondition: hello() came first; payload.size() <= kMaxPayload. EIO; EOVERFLOW: no number is left.
  Result<void> write(RecordType type, Bytes payload, Line& line);
  Result<void> terminal(TerminalSize size, Line& line);
  Result<void> end(uint32_t wait_status, Line& line);

  bool ended() const { return ended_; }

 private:
  const Stream stream_;
  StreamCipher cipher_;
  uint64_t next_ = 0;  // 0: no hello yet
  bool ended_ = false;
};

}  // namespace scone::console
