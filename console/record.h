// The records of the console shield (docs/formats/console.md): what both ends put on stdin, stdout and stderr.
//
// A record is a 16-byte header, a payload, and a tag. It travels as a line of text (armor.h), because log collectors, terminals and
// pipes that several processes write to keep lines whole and little else.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace scone::console {

inline constexpr uint8_t kVersion = 1;
inline constexpr size_t kKeySize = 32;
inline constexpr size_t kNonceSize = 32;
inline constexpr size_t kTagSize = 16;

using Bytes = std::span<const uint8_t>;

// Numbers of the descriptors in the program.
enum class Stream : uint8_t { kInput = 0, kOutput = 1, kError = 2 };
inline constexpr size_t kStreams = 3;
// "stdin", "stdout", "stderr".
const char* name(Stream stream);

enum class RecordType : uint8_t {
  kChallenge = 1,  // output, before all: the enclave's nonce; the client answers with kHello on input
  kHello = 2,      // first of each stream: both nonces, not encrypted
  kData = 3,       // encrypted bytes, at least one
  kTerminal = 4,   // input: the client's window: rows, columns, 16 bits each; both 0: it has no terminal
  kClosed = 5,     // the stream is closed; only kEnd follows on output
  kEnd = 6,        // output: the process ended: its wait(2) status, 32 bits. Nothing follows
};

// Little endian. All of it is authenticated.
struct RecordHeader {
  uint8_t version;
  uint8_t stream;  // Stream
  uint8_t type;    // RecordType
  uint8_t reserved;
  uint32_t length;    // of the payload, bytes
  uint64_t sequence;  // position in the stream, from 0; the nonce
};
static_assert(sizeof(RecordHeader) == 16);

inline constexpr size_t kHelloSize = 2 * kNonceSize;
// A line of the largest record is shorter than PIPE_BUF and than a terminal's input line, both 4096 bytes.
inline constexpr size_t kMaxPayload = 2976;
inline constexpr size_t kMaxRecord = sizeof(RecordHeader) + kMaxPayload + kTagSize;

// Window size in characters.
struct TerminalSize {
  uint16_t rows = 0;
  uint16_t columns = 0;
  bool present() const { return rows != 0 || columns != 0; }
};
inline constexpr size_t kTerminalSize = 4;

}  // namespace scone::console
