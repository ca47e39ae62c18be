// The memory that runner and enclave share.
#pragma once

#include <sys/mman.h>

#include <cstddef>
#include <cstdint>

#include "abi/border.h"
#include "base/result.h"

namespace scone::host {

// Owns one mapping that holds everything of abi/border.h, and the arena. Lies above ELRANGE, as all of the runner's memory.
class BorderMemory {
 public:
  // strings_size: room for the program's argument strings. ENOMEM.
  static Result<BorderMemory> create(size_t strings_size);
  BorderMemory(BorderMemory&& other) noexcept : base_(other.base_), size_(other.size_) { other.base_ = nullptr; }
  BorderMemory& operator=(BorderMemory&&) = delete;
  ~BorderMemory() {
    if (base_) munmap(base_, size_);
  }

  abi::StartInfo& start() { return layout().start; }
  abi::SharedArea& shared() { return layout().shared; }
  abi::EthreadArea& ethread(unsigned number) { return layout().ethreads[number]; }
  abi::StatsBlock& stats() { return layout().stats; }
  static constexpr size_t kMaxCpuid = 128;
  abi::CpuidEntry* cpuid() { return layout().cpuid; }
  char* receive_buffers() { return static_cast<char*>(base_) + size_ - kReceiveSize; }
  char* strings() { return static_cast<char*>(base_) + sizeof(Layout); }

 private:
  static constexpr size_t kArenaSize = size_t{64} << 20;
  static constexpr size_t kReceiveSize = abi::kReceiveBuffers * abi::kReceiveBufferSize;
  struct Layout {
    abi::StartInfo start;
    abi::StatsBlock stats;
    abi::SharedArea shared;
    abi::EthreadArea ethreads[abi::kMaxEthreads];
    abi::CpuidEntry cpuid[kMaxCpuid];
  };
  BorderMemory(void* base, size_t size) : base_(base), size_(size) {}
  Layout& layout() { return *static_cast<Layout*>(base_); }
  void* base_;
  size_t size_;
};

}  // namespace scone::host
