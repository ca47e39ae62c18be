#include "crypto/wipe.h"

#include <openssl/crypto.h>

namespace scone::crypto {

void wipe(void* memory, size_t size) { OPENSSL_cleanse(memory, size); }

}  // namespace scone::crypto
