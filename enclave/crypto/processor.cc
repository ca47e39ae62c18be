// Takes the place of libcrypto's x86_64cpuid.o and cpuid.o, which execute CPUID: illegal in an enclave.
#include "enclave/crypto/processor.h"

#include <cstddef>
#include <cstdint>

#include "enclave/entry/vector.h"
#include "enclave/process/cpuid.h"
#include "enclave/random/random.h"
#include "enclave/runtime/memory.h"

extern "C" {
// CPUID(1).EDX, CPUID(1).ECX, CPUID(7).EBX, CPUID(7).ECX: OPENSSL_ia32cap(3).
__attribute__((visibility("hidden"))) constinit uint32_t OPENSSL_ia32cap_P[4] = {};
}

namespace scone::crypto {
namespace {

constexpr uint32_t kIntel = 1u << 30;  // the library's own mark: an Intel processor (SGX is)
constexpr uint32_t kXop = 1u << 11;    // AMD's, in CPUID(1).ECX by the library's convention
constexpr uint32_t kAes = 1u << 25, kCarrylessMultiply = 1u << 1;  // CPUID(1).ECX

}  // namespace

bool set_capabilities() {
  const auto basic = process::cpuid_table().answer(1, 0, entry::xfrm());
  const auto extended = process::cpuid_table().answer(7, 0, entry::xfrm());
  OPENSSL_ia32cap_P[0] = basic.edx | kIntel;
  OPENSSL_ia32cap_P[1] = basic.ecx & ~kXop;
  OPENSSL_ia32cap_P[2] = extended.ebx;
  OPENSSL_ia32cap_P[3] = extended.ecx;
  return basic.ecx & kAes && basic.ecx & kCarrylessMultiply;
}

}  // namespace scone::crypto

extern "C" {

void OPENSSL_cpuid_setup() {}

int OPENSSL_atomic_add(int* value, int amount) { return __atomic_add_fetch(value, amount, __ATOMIC_SEQ_CST); }

void OPENSSL_cleanse(void* bytes, size_t size) {
  memset(bytes, 0, size);
  asm volatile("" : : "r"(bytes) : "memory");  // the memory is looked at: the memset stays
}

// In time that depends on the size only.
int CRYPTO_memcmp(const void* a, const void* b, size_t size) {
  const auto* x = static_cast<const volatile unsigned char*>(a);
  const auto* y = static_cast<const volatile unsigned char*>(b);
  unsigned char difference = 0;
  for (size_t i = 0; i < size; ++i) difference = static_cast<unsigned char>(difference | (x[i] ^ y[i]));
  return difference;
}

size_t OPENSSL_ia32_rdrand_bytes(unsigned char* to, size_t size) {
  return scone::random::fill(to, size).ok() ? size : 0;
}
size_t OPENSSL_ia32_rdseed_bytes(unsigned char* to, size_t size) {
  return OPENSSL_ia32_rdrand_bytes(to, size);
}

// Entropy by timing, which nobody needs who has RDRAND.
uint32_t OPENSSL_rdtsc() { return 0; }
size_t OPENSSL_instrument_bus(unsigned*, size_t) { return 0; }
size_t OPENSSL_instrument_bus2(unsigned*, size_t, size_t) { return 0; }
}
