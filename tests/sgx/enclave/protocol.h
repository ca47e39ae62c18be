// What the test enclave can be asked for. Shared by the enclave and the tests; lives in host memory.
#pragma once

#include <cstdint>

namespace scone::test {

// EENTER's first register.
enum class Command : uint64_t {
  kEcho,     // out[0] = in[0] + 1, and what the enclave was entered with: out[1..7]
  kRead,     // out[0] = the byte at in[0], or 2^64-1 if reading it raised an exception that was skipped
  kWrite,    // the byte at in[0] := in[1]; out[0] = 0, or 2^64-1 as above
  kCall,     // calls in[0], code that returns; out[0] = its result, or 2^64-1
  kDivide,   // out[0] = in[0] / in[1], or 2^64-1
  kExecute,  // executes instruction in[0] (Instruction); out[0] = 0, or 2^64-1
  kPages,    // ENCLU leaf in[0] for SECINFO flags in[1], page in[2], source in[3], count in[4]; out[0] = RAX
  kOneLeaf,  // ENCLU with eax = in[0], rbx = in[1], rcx = in[2], rdx = in[3]; out[0] = RAX
  kReport,   // a report of in[0..7] as data for the target in `bytes`, written to `bytes`
  kKey,      // the key for the request in `bytes`, written to `bytes`; out[0] = RAX
  kCompute,  // in[0] rounds of arithmetic with values in all registers; out[0] = the sum, out[1] = 1 if a register lost its value
  kReadTls,  // out[0] = FS base, out[1] = GS base
  // At CSSA > 0.
  kSkip,  // continue at the recovery point, out[8] = EXITINFO, out[9] = MADDR, out[10] = ERRCD, out[11] = RIP, out[12] = CSSA
  kAcceptFault,  // EACCEPT (SECINFO flags in[6]) of the page that faulted; the access is repeated; as above
  kTick,         // counts in out[15]; overwrites vector registers
  kLookOnly,     // as kSkip, but changes nothing
};

enum class Instruction : uint64_t {
  kSyscall,
  kSysenter,
  kInt80,
  kCpuid,
  kUd2,
  kInt3,
  kUnknownLeaf,
  kPrivileged,
  kEnter
};

struct Arguments {
  uint64_t in[16];
  uint64_t out[16];
  alignas(512) uint8_t bytes[512];
};

}  // namespace scone::test
