// The faulting copies of app_copy.S.
#pragma once

#include <cstdint>

namespace scone::boundary {

// address == 0: done. Otherwise the access to `address` faulted, with `remaining` bytes not copied.
struct CopyFault {
  uint64_t address;
  uint64_t remaining;
};

extern "C" {
CopyFault app_copy(void* to, const void* from, uint64_t size);
CopyFault app_clear(void* to, uint64_t size);
CopyFault app_load_byte(const void* from, uint8_t* value);
CopyFault app_compare_exchange(uint32_t* word, uint32_t* expected_then_found, uint32_t desired);
}

}  // namespace scone::boundary
