// Where things stand in the enclave's linear range (ELRANGE).
//
// ELRANGE starts at 0 so that programs linked to low addresses fit; its first 64 KiB are never
// mapped (mmap_min_addr, and null pointers must fault). From low to high:
//
//   [kProgramBegin, kProgramEnd(size))    the program: its image, heap, mappings, stacks
//   [kRuntimeBegin(size), kImageBase(size))  the runtime's own heap and stacks
//   [kImageBase(size), size)              the measured image: code, data, TCSs, SSAs
//
// Only the image is measured. Everything below it is added on demand (EAUG, EACCEPT), so neither
// start-up time nor MRENCLAVE's page records depend on how large it is.
#pragma once

#include <cstdint>

namespace scone::abi {

inline constexpr uint64_t kPageSize = 4096;
inline constexpr uint64_t kProgramBegin = 64 << 10;
inline constexpr uint64_t kDefaultEnclaveSize = uint64_t{64} << 30;
// Room for the measured image at the top of ELRANGE.
inline constexpr uint64_t kImageSpace = uint64_t{256} << 20;

// Precondition of these: enclave_size is a power of two, at least 4 GiB.
constexpr uint64_t image_base(uint64_t enclave_size) { return enclave_size - kImageSpace; }
constexpr uint64_t runtime_begin(uint64_t enclave_size) { return enclave_size / 4 * 3; }
constexpr uint64_t program_end(uint64_t enclave_size) { return runtime_begin(enclave_size); }

}  // namespace scone::abi
