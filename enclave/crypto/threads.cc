// POSIX threads, as far as libcrypto asks for them. It runs in Sections, in which nobody parks: locks spin.
#include <atomic>
#include <cstdint>

#include "enclave/crypto/thread_block.h"
#include "enclave/entry/ethread.h"

namespace scone::crypto {
namespace {

constexpr int kNoSpace = 11;  // EAGAIN: pthread_key_create(3)

std::atomic<uint32_t> g_keys{0};  // given out; never taken back, the library makes a handful

// In the caller's pthread_rwlock_t, of which it is the first 4 bytes: readers, or -1 for a writer.
std::atomic<int32_t>& state_of(void* lock) { return *static_cast<std::atomic<int32_t>*>(lock); }

enum : int32_t { kNotYet, kRunning, kDone };

}  // namespace
}  // namespace scone::crypto

using namespace scone::crypto;

extern "C" {

int* __errno_location() { return &thread_block().error; }
unsigned long pthread_self() { return scone::entry::this_ethread().number + 1; }

int pthread_once(int32_t* control, void (*function)()) {
  std::atomic_ref<int32_t> state(*control);
  int32_t expected = kNotYet;
  if (state.load(std::memory_order_acquire) == kDone) return 0;
  if (state.compare_exchange_strong(expected, kRunning)) {
    function();
    state.store(kDone, std::memory_order_release);
  }
  while (state.load(std::memory_order_acquire) != kDone) __builtin_ia32_pause();
  return 0;
}

// Destructors of values never run: ethreads live as long as the enclave.
int pthread_key_create(uint32_t* key, void (*)(void*)) {
  const uint32_t number = g_keys.load();
  if (number >= ThreadBlock::kKeys) return kNoSpace;
  *key = g_keys.fetch_add(1);
  return *key < ThreadBlock::kKeys ? 0 : kNoSpace;
}
int pthread_key_delete(uint32_t) { return 0; }
void* pthread_getspecific(uint32_t key) {
  return key < ThreadBlock::kKeys ? thread_block().values[key] : nullptr;
}
int pthread_setspecific(uint32_t key, const void* value) {
  if (key >= ThreadBlock::kKeys) return 22;  // EINVAL
  thread_block().values[key] = const_cast<void*>(value);
  return 0;
}

// Under these names, because the compiler's headers declare the real ones with types that the enclave does not have.
int rwlock_init(void*, const void*) asm("pthread_rwlock_init");
int rwlock_destroy(void*) asm("pthread_rwlock_destroy");
int rwlock_rdlock(void*) asm("pthread_rwlock_rdlock");
int rwlock_wrlock(void*) asm("pthread_rwlock_wrlock");
int rwlock_unlock(void*) asm("pthread_rwlock_unlock");

int rwlock_init(void* lock, const void*) {
  state_of(lock).store(0);
  return 0;
}
int rwlock_destroy(void*) { return 0; }
int rwlock_rdlock(void* lock) {
  for (;;) {
    int32_t readers = state_of(lock).load(std::memory_order_relaxed);
    if (readers >= 0 && state_of(lock).compare_exchange_weak(readers, readers + 1, std::memory_order_acquire))
      return 0;
    __builtin_ia32_pause();
  }
}
int rwlock_wrlock(void* lock) {
  for (;;) {
    int32_t nobody = 0;
    if (state_of(lock).compare_exchange_weak(nobody, -1, std::memory_order_acquire)) return 0;
    __builtin_ia32_pause();
  }
}
int rwlock_unlock(void* lock) {
  if (state_of(lock).load(std::memory_order_relaxed) < 0)
    state_of(lock).store(0, std::memory_order_release);
  else
    state_of(lock).fetch_sub(1, std::memory_order_release);
  return 0;
}
}
