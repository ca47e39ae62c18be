#include "enclave/boundary/start_scf.h"

#include "enclave/boundary/host_ptr.h"
#include "enclave/boundary/host_state.h"
#include "enclave/runtime/memory.h"

namespace scone::boundary {

size_t start_scf_size() { return start_info().scf_size; }

void copy_start_scf(std::span<uint8_t> file) {
  // SAFETY: the range was checked to be host memory at start.
  memcpy(file.data(), reinterpret_cast<const void*>(start_info().scf), file.size());
}

void take_start_scf_key(std::span<uint8_t, abi::kScfKeySize> key) {
  const HostPtr<uint64_t> words = HostPtr<uint64_t>::unchecked(start_info().scf_key);
  for (size_t i = 0; i < abi::kScfKeySize / 8; ++i) {
    const uint64_t word = (words + i).load();
    (words + i).store(0);
    memcpy(key.data() + 8 * i, &word, sizeof word);
  }
}

}  // namespace scone::boundary
