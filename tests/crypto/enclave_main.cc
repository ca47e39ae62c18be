// A runtime whose main thread, instead of loading a program, tries libcrypto inside the enclave: what it computes, how fast, and
// how much stack it needs. Exit status 0 if all is well. tests/crypto/CMakeLists.txt has the commands.
#include <openssl/evp.h>

#include "base/min_max.h"
#include "crypto/hkdf.h"
#include "crypto/random.h"
#include "crypto/section.h"
#include "crypto/sha256.h"
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

// RFC 5869, test case 1 (hash, MAC), and random numbers, which are not the same twice.
bool derives_and_draws() {
  constexpr uint8_t kSecret[22] = {11, 11, 11, 11, 11, 11, 11, 11, 11, 11, 11,
                                   11, 11, 11, 11, 11, 11, 11, 11, 11, 11, 11};
  constexpr uint8_t kSalt[13] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
  constexpr uint8_t kInfo[10] = {0xf0, 0xf1, 0xf2, 0xf3, 0xf4, 0xf5, 0xf6, 0xf7, 0xf8, 0xf9};
  constexpr uint8_t kDerived[32] = {0x3c, 0xb2, 0x5f, 0x25, 0xfa, 0xac, 0xd5, 0x7a, 0x90, 0x43, 0x4f,
                                    0x64, 0xd0, 0x36, 0x2f, 0x2a, 0x2d, 0x2d, 0x0a, 0x90, 0xcf, 0x1a,
                                    0x5a, 0x4c, 0x5d, 0xb0, 0x2d, 0x56, 0xec, 0xc4, 0xc5, 0xbf};
  // FIPS 180-4, "abc".
  constexpr uint8_t kText[3] = {'a', 'b', 'c'};
  constexpr uint8_t kDigest[32] = {0xba, 0x78, 0x16, 0xbf, 0x8f, 0x01, 0xcf, 0xea, 0x41, 0x41, 0x40,
                                   0xde, 0x5d, 0xae, 0x22, 0x23, 0xb0, 0x03, 0x61, 0xa3, 0x96, 0x17,
                                   0x7a, 0x9c, 0xb4, 0x10, 0xff, 0x61, 0xf2, 0x00, 0x15, 0xad};
  uint8_t derived[32], one[32], other[32];
  const auto digest = crypto::sha256({kText});
  return digest.ok() && memcmp(digest.value().data(), kDigest, sizeof kDigest) == 0 &&
         crypto::hkdf(kSalt, kSecret, {kInfo}, derived).ok() &&
         memcmp(derived, kDerived, sizeof derived) == 0 && crypto::random_bytes(one).ok() &&
         crypto::random_bytes(other).ok() && memcmp(one, other, sizeof one) != 0;
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
  const bool right = derives_and_draws();
  boundary::log(boundary::Line() << "SHA-256, HKDF, random: " << (right ? "right" : "WRONG") << ", stack "
                                 << used_stack());
  mark_stack();
  const uint64_t speed = sealing_speed();
  boundary::log(boundary::Line() << "AES-256-GCM: " << speed / 1'000'000 << " MB/s, stack " << used_stack());
  return right && speed >= kSlowest;
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
