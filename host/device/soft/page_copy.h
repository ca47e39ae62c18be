// Pages on their way into the enclave.
#pragma once

#include <sys/mman.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include "abi/layout.h"

namespace scone::host::soft {

// Owns zeroed, writable pages outside ELRANGE; PageTable::replace() takes them from the front. Reading an enclave's page while it is being filled
// would show it half done, so it is filled here and then put in place at once.
class PageCopy {
 public:
  explicit PageCopy(uint64_t count) : size_(count * abi::kPageSize) {
    pages_ = mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (pages_ == MAP_FAILED) {
      fputs("scone: no memory for the enclave's pages\n", stderr);
      abort();
    }
  }
  PageCopy(const PageCopy&) = delete;
  PageCopy& operator=(const PageCopy&) = delete;
  // Addresses of pages that were taken may belong to somebody else by now.
  ~PageCopy() {
    if (taken_ < size_) munmap(static_cast<char*>(pages_) + taken_, size_ - taken_);
  }

  void* page(uint64_t index) const { return static_cast<char*>(pages_) + index * abi::kPageSize; }
  // The first `count` pages are gone.
  void taken(uint64_t count) { taken_ = count * abi::kPageSize; }

 private:
  void* pages_;
  uint64_t size_;
  uint64_t taken_ = 0;
};

}  // namespace scone::host::soft
