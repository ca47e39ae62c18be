// A runtime whose main thread, instead of loading a program, tries libcrypto inside the enclave: what it computes, how fast, and
// how much stack it needs. Exit status 0 if all is well. tests/crypto/CMakeLists.txt has the commands.
#include <openssl/evp.h>

#include "base/min_max.h"
#include "crypto/section.h"
#include "enclave/boundary/log.h"
#include "enclave/entry/main_thread.h"
#include "enclave/entry/new_thread.h"
#include "enclave/process/exit.h"
#include "enclave/process/thread_list.h"
#include "enclave/runtime/memory.h"
#include "enclave/sched/sched.h"

namespace scone::entry {
namespace {

constexpr int kMessage = 4096;
constexpr uint64_t kSlices = 200, kSlice = 500;  // messages
// Without AES instructions libcrypto reaches 0.28 GB/s; the machine may be busy with other things.
constexpr uint64_t kSlowest = 1'000'000'000;

unsigned char plain[kMessage], sealed[kMessage];

bool seal(EVP_CIPHER_CTX* context, uint64_t number) {
  unsigned char nonce[12] = {}, tag[16];
  memcpy(nonce, &number, sizeof number);
  int length = 0;
  return EVP_EncryptInit_ex2(context, nullptr, nullptr, nonce, nullptr) == 1 &&
         EVP_EncryptUpdate(context, sealed, &length, plain, kMessage) == 1 && length == kMessage &&
         EVP_EncryptFinal_ex(context, sealed + kMessage, &length) == 1 &&
         EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, sizeof tag, tag) == 1;
}

// Bytes a second, in the best of many short slices: other programs run on this machine, too.
uint64_t sealing_speed() {
  unsigned char key[32] = {1};
  EVP_CIPHER_CTX* context = nullptr;
  {
    crypto::Section section;
    EVP_CIPHER* cipher = EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr);
    context = EVP_CIPHER_CTX_new();
    if (!cipher || EVP_EncryptInit_ex2(context, cipher, key, nullptr, nullptr) != 1) return 0;
  }
  uint64_t best = UINT64_MAX, number = 0;
  for (uint64_t slice = 0; slice < kSlices; ++slice) {
    const uint64_t begin = sched::now_ns();
    for (uint64_t i = 0; i < kSlice; ++i) {
      crypto::Section section;
      if (!seal(context, ++number)) return 0;
    }
    best = min_of(best, sched::now_ns() - begin);
  }
  return kSlice * kMessage * 1'000'000 / (best / 1000 + 1);
}

// A generated key agrees with another one: needs random numbers, big numbers, and the most stack of what we use.
bool keys_agree() {
  crypto::Section section;
  unsigned char secret[32];
  size_t size = sizeof secret;
  EVP_PKEY* a = EVP_PKEY_Q_keygen(nullptr, nullptr, "X25519");
  EVP_PKEY* b = EVP_PKEY_Q_keygen(nullptr, nullptr, "X25519");
  EVP_PKEY_CTX* context = a ? EVP_PKEY_CTX_new(a, nullptr) : nullptr;
  const bool agreed = b && context && EVP_PKEY_derive_init(context) == 1 &&
                      EVP_PKEY_derive_set_peer(context, b) == 1 &&
                      EVP_PKEY_derive(context, secret, &size) == 1 && size == sizeof secret;
  EVP_PKEY_CTX_free(context);
  EVP_PKEY_free(a);
  EVP_PKEY_free(b);
  return agreed;
}

// The stack below this frame is marked, then looked at for the deepest change.
constexpr size_t kMarked = 24 << 10;
constexpr unsigned char kMark = 0xa5;

__attribute__((noinline)) void mark_stack() {
  unsigned char space[kMarked];
  memset(space, kMark, sizeof space);
  asm volatile("" : : "r"(space) : "memory");
}
__attribute__((noinline)) size_t used_stack() {
  volatile unsigned char space[kMarked];
  size_t untouched = 0;
  asm volatile("" : : "r"(space) : "memory");
  while (untouched < sizeof space && space[untouched] == kMark) ++untouched;
  return sizeof space - untouched;
}

bool try_all() {
  mark_stack();
  const uint64_t before = sched::now_ns();
  { crypto::Section first; }
  boundary::log(boundary::Line() << "start: " << (sched::now_ns() - before) / 1000 << " us, stack "
                                 << used_stack());
  mark_stack();
  const bool agreed = keys_agree();
  boundary::log(boundary::Line() << "X25519: " << (agreed ? "agreed" : "FAILED") << ", stack "
                                 << used_stack());
  mark_stack();
  const uint64_t speed = sealing_speed();
  boundary::log(boundary::Line() << "AES-256-GCM: " << speed / 1'000'000 << " MB/s, stack " << used_stack());
  return agreed && speed >= kSlowest;
}

void run_tests() { process::terminate(try_all() ? 0 : 1 << 8); }

}  // namespace

void start_main_thread() {
  auto thread = sched::Lthread::create(1);
  if (!thread.ok()) __builtin_trap();
  start_in_runtime(*thread.value(), &run_tests);
  process::threads().add(*thread.value());
  sched::start(*thread.take().release());
}

}  // namespace scone::entry
