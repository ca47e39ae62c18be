// MRENCLAVE: the SHA-256 over a record for each ECREATE, EADD and EEXTEND, in the order of building.
//
// Source: SDM vol. 3D, "Enclave Measurement" and the operation sections of the three leaves.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>

#include "sgx/arch.h"

struct evp_md_ctx_st;

namespace scone::sgx {

using MrEnclave = std::array<uint8_t, 32>;
using MrSigner = std::array<uint8_t, 32>;
using PageBytes = std::span<const uint8_t, kPageSize>;
using ExtendBytes = std::span<const uint8_t, kExtendChunk>;

// Not thread safe. Records are appended in the order of the calls.
class Measurement {
 public:
  // ECREATE. ssa_frame_size in pages, size of ELRANGE in bytes.
  Measurement(uint32_t ssa_frame_size, uint64_t size);
  Measurement(Measurement&&) = default;
  Measurement& operator=(Measurement&&) = default;
  ~Measurement();

  // EADD of the page at `offset` from the enclave's base.
  void add(uint64_t offset, const SecInfo& info);
  // EEXTEND of the 256 bytes at `offset`.
  void extend(uint64_t offset, ExtendBytes bytes);
  // EADD and, if `content` counts, EEXTEND of all of the page: one hash update, so faster.
  void add_page(uint64_t offset, const SecInfo& info, PageBytes content, bool measure_content);

  // The measurement of all records so far; more may follow.
  MrEnclave value() const;

 private:
  struct FreeContext {
    void operator()(evp_md_ctx_st* context) const;
  };
  void update(std::span<const uint8_t> bytes);
  std::unique_ptr<evp_md_ctx_st, FreeContext> hash_;
};

}  // namespace scone::sgx
