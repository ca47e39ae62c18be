// One run of one enclave with one client, and the keys that follow from it.
#pragma once

#include <cstdint>
#include <span>

#include "base/result.h"
#include "console/record.h"
#include "crypto/aes_gcm.h"

namespace scone::console {

using Key = std::span<const uint8_t, kKeySize>;

// Fresh random bytes from each end. A record of another session fits no key of this one.
struct Session {
  uint8_t enclave[kNonceSize] = {};
  uint8_t client[kNonceSize] = {};  // zeros: no client took part

  bool operator==(const Session&) const = default;
  bool has_client() const;
};

// The cipher of one stream in one session. Not thread safe.
class StreamCipher {
 public:
  // HKDF-SHA-256 of the console's key with the session's nonces as salt. EIO, ENOMEM.
  Result<void> derive(Key key, const Session& session, Stream stream);
  // The challenge's own: the client's nonce is not known yet.
  Result<void> derive_for_challenge(Key key, const Session& session);

  // Preconditions of these: derived; `authenticated` begins with `header`.
  // Writes payload.size() bytes to `sealed`, kTagSize to `tag`. EIO.
  Result<void> seal(const RecordHeader& header, Bytes authenticated, Bytes payload, uint8_t* sealed,
                    uint8_t* tag);
  // EBADMSG: not what was sealed. EIO.
  Result<void> open(const RecordHeader& header, Bytes authenticated, Bytes sealed, const uint8_t* tag,
                    uint8_t* payload);

 private:
  Result<void> derive(Key key, const Session& session, Bytes info);
  crypto::AesGcm cipher_;
};

}  // namespace scone::console
