#include "host/device/soft/epcm.h"

#include <sys/mman.h>

#include <cerrno>

namespace scone::host::soft {
namespace {
constexpr unsigned kTypeShift = 6;
enum StoredType : uint8_t { kInvalid = 0, kReg = 1, kTcs = 2, kTrim = 3 };
}  // namespace

EpcmEntry EpcmEntry::make(uint64_t flags, sgx::PageType type) {
  StoredType stored = type == sgx::kPtTcs ? kTcs : type == sgx::kPtTrim ? kTrim : kReg;
  return {static_cast<uint8_t>((flags & kFlagsMask) | stored << kTypeShift)};
}

sgx::PageType EpcmEntry::type() const {
  switch (bits >> kTypeShift) {
    case kTcs:
      return sgx::kPtTcs;
    case kTrim:
      return sgx::kPtTrim;
    default:
      return sgx::kPtReg;
  }
}

bool EpcmEntry::usable() const {
  return bits >> kTypeShift == kReg && !(bits & (sgx::kSecInfoPending | sgx::kSecInfoModified));
}

bool EpcmEntry::allows(Access access) const {
  uint64_t wanted = access == Access::kWrite     ? sgx::kSecInfoW
                    : access == Access::kExecute ? sgx::kSecInfoX
                                                 : sgx::kSecInfoR | sgx::kSecInfoX;
  return usable() && (bits & wanted);
}

Epcm::~Epcm() {
  if (entries_) munmap(entries_, pages_);
}

Result<void> Epcm::create(uint64_t pages) {
  void* memory =
      mmap(nullptr, pages, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) return Errno(errno);
  entries_ = static_cast<EpcmEntry*>(memory);
  pages_ = pages;
  return ok();
}

}  // namespace scone::host::soft
