// Algorithms of OpenSSL, looked up once: a fetch costs microseconds.
#pragma once

#include <openssl/types.h>

#include <atomic>

namespace scone::crypto {

// The algorithm that `slot` holds, or from now on holds; it is never freed. Null if there is none, or no memory.
template <typename Algorithm>
Algorithm* fetch_once(std::atomic<Algorithm*>& slot,
                      Algorithm* (*fetch)(OSSL_LIB_CTX*, const char*, const char*), void (*free)(Algorithm*),
                      const char* name) {
  Algorithm* known = slot.load(std::memory_order_acquire);
  if (known) return known;
  Algorithm* mine = fetch(nullptr, name, nullptr);
  if (!mine || slot.compare_exchange_strong(known, mine, std::memory_order_acq_rel)) return mine;
  free(mine);
  return known;
}

}  // namespace scone::crypto
