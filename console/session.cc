#include "console/session.h"

#include "crypto/hkdf.h"
#include "crypto/wipe.h"

namespace scone::console {
namespace {

// Must be different for all keys of a session.
constexpr char kChallengeInfo[] = "SCONE console v1 challenge";
constexpr char kStreamInfo[] = "SCONE console v1 stream ";

struct Nonce {
  // A key numbers its records, and the sequence is never repeated.
  explicit Nonce(const RecordHeader& header) {
    __builtin_memcpy(bytes + 4, &header.sequence, sizeof header.sequence);
  }
  uint8_t bytes[crypto::kNonceSize] = {};
};

}  // namespace

const char* name(Stream stream) {
  constexpr const char* kNames[kStreams] = {"stdin", "stdout", "stderr"};
  return kNames[static_cast<size_t>(stream)];
}

bool Session::has_client() const {
  uint8_t any = 0;
  for (uint8_t byte : client) any |= byte;
  return any != 0;
}

Result<void> StreamCipher::derive(Key key, const Session& session, Bytes info) {
  uint8_t salt[2 * kNonceSize];
  __builtin_memcpy(salt, session.enclave, kNonceSize);
  __builtin_memcpy(salt + kNonceSize, session.client, kNonceSize);
  crypto::Secret<kKeySize> stream_key;
  TRY(crypto::hkdf(salt, key, {info}, stream_key.bytes()));
  return cipher_.set_key(stream_key.bytes());
}

Result<void> StreamCipher::derive(Key key, const Session& session, Stream stream) {
  uint8_t info[sizeof kStreamInfo];  // the stream's number takes the place of the NUL
  __builtin_memcpy(info, kStreamInfo, sizeof info);
  info[sizeof info - 1] = static_cast<uint8_t>(stream);
  return derive(key, session, info);
}

Result<void> StreamCipher::derive_for_challenge(Key key, const Session& session) {
  const auto* info = reinterpret_cast<const uint8_t*>(kChallengeInfo);
  Session without_client = session;
  __builtin_memset(without_client.client, 0, kNonceSize);
  return derive(key, without_client, Bytes(info, sizeof kChallengeInfo - 1));
}

Result<void> StreamCipher::seal(const RecordHeader& header, Bytes authenticated, Bytes payload,
                                uint8_t* sealed, uint8_t* tag) {
  const std::span<uint8_t, kTagSize> tag_bytes(tag, kTagSize);
  return cipher_.seal(Nonce(header).bytes, authenticated, payload, sealed, tag_bytes);
}

Result<void> StreamCipher::open(const RecordHeader& header, Bytes authenticated, Bytes sealed,
                                const uint8_t* tag, uint8_t* payload) {
  const std::span<const uint8_t, kTagSize> tag_bytes(tag, kTagSize);
  return cipher_.open(Nonce(header).bytes, authenticated, sealed, tag_bytes, payload);
}

}  // namespace scone::console
