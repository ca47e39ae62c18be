#include "sgx/measurement.h"

#include <openssl/evp.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>

namespace scone::sgx {
namespace {

constexpr size_t kRecordSize = 64;
using Record = std::array<uint8_t, kRecordSize>;

void put(uint8_t* out, uint64_t value, size_t bytes) { std::memcpy(out, &value, bytes); }

Record create_record(uint32_t ssa_frame_size, uint64_t size) {
  Record record{'E', 'C', 'R', 'E', 'A', 'T', 'E'};
  put(&record[8], ssa_frame_size, 4);
  put(&record[12], size, 8);
  return record;
}

// EADD clears the permissions of a TCS, which no software may access, before it measures SECINFO.
uint64_t measured_flags(const SecInfo& info) {
  return info.page_type() == kPtTcs ? info.flags & ~kSecInfoRwx : info.flags;
}

Record add_record(uint64_t offset, const SecInfo& info) {
  Record record{'E', 'A', 'D', 'D'};
  put(&record[8], offset, 8);
  SecInfo measured = info;
  measured.flags = measured_flags(info);
  std::memcpy(&record[16], &measured, kRecordSize - 16);
  return record;
}

Record extend_record(uint64_t offset) {
  Record record{'E', 'E', 'X', 'T', 'E', 'N', 'D'};
  put(&record[8], offset, 8);
  return record;
}

// OpenSSL's digest calls fail only for want of memory.
void require(bool condition) {
  if (!condition) std::abort();
}

}  // namespace

void Measurement::FreeContext::operator()(evp_md_ctx_st* context) const { EVP_MD_CTX_free(context); }

Measurement::Measurement(uint32_t ssa_frame_size, uint64_t size) : hash_(EVP_MD_CTX_new()) {
  require(hash_ && EVP_DigestInit_ex(hash_.get(), EVP_sha256(), nullptr) == 1);
  update(create_record(ssa_frame_size, size));
}

Measurement::~Measurement() = default;

void Measurement::update(std::span<const uint8_t> bytes) {
  require(EVP_DigestUpdate(hash_.get(), bytes.data(), bytes.size()) == 1);
}

void Measurement::add(uint64_t offset, const SecInfo& info) { update(add_record(offset, info)); }

void Measurement::extend(uint64_t offset, ExtendBytes bytes) {
  update(extend_record(offset));
  update(bytes);
}

void Measurement::add_page(uint64_t offset, const SecInfo& info, PageBytes content, bool measure_content) {
  constexpr size_t kChunks = kPageSize / kExtendChunk;
  std::array<uint8_t, kRecordSize + kChunks*(kRecordSize + kExtendChunk)> stream;
  uint8_t* out = std::ranges::copy(add_record(offset, info), stream.data()).out;
  for (size_t at = 0; measure_content && at < kPageSize; at += kExtendChunk) {
    out = std::ranges::copy(extend_record(offset + at), out).out;
    out = std::ranges::copy(content.subspan(at, kExtendChunk), out).out;
  }
  update({stream.data(), out});
}

MrEnclave Measurement::value() const {
  MrEnclave value;
  std::unique_ptr<EVP_MD_CTX, FreeContext> copy(EVP_MD_CTX_new());
  require(copy && EVP_MD_CTX_copy_ex(copy.get(), hash_.get()) == 1 &&
          EVP_DigestFinal_ex(copy.get(), value.data(), nullptr) == 1);
  return value;
}

}  // namespace scone::sgx
