// What libcrypto may use of the processor.
#pragma once

namespace scone::crypto {

// Tells libcrypto, which chooses its code by it. Before anything else of the library. False: AES or carry-less multiplication is missing, without
// which it would fall back to code that is slow and leaks keys through the cache.
//
// The answers are the host's, cut to the state that the enclave has (process/cpuid.h). A feature invented by the host is an illegal
// instruction, which stops the enclave; one withheld costs speed, or is one of the two.
bool set_capabilities();

}  // namespace scone::crypto
