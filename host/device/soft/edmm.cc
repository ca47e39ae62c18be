#include "host/device/soft/edmm.h"

#include <sys/mman.h>

#include <cerrno>
#include <mutex>

#include "host/device/soft/tcs_table.h"

namespace scone::host::soft {
namespace {

struct Pages {
  uint64_t first, count;
};

Result<Pages> pages_of(const SoftEnclave& enclave, uint64_t offset, uint64_t length) {
  if (!enclave.initialized || offset % sgx::kPageSize || length % sgx::kPageSize || length == 0 ||
      offset >= enclave.secs.size || length > enclave.secs.size - offset)
    return Errno(EINVAL);
  return Pages{offset / sgx::kPageSize, length / sgx::kPageSize};
}

// Calls change(page, entry) for each page until one fails, and brings the host's protections up to date for those that
// were changed. A failure leaves the pages before it changed, as the driver does.
template <typename Change>
Result<void> for_each_page(SoftEnclave& enclave, Pages pages, Change change) {
  std::lock_guard guard(enclave.epcm.lock());
  Result<void> result = ok();
  uint64_t done = 0;
  while (done < pages.count) {
    EpcmEntry entry = enclave.epcm.get(pages.first + done);
    result = entry.valid() ? change(pages.first + done, entry) : Result<void>(Errno(EFAULT));
    if (!result.ok()) break;
    ++done;
  }
  enclave.pages.sync(pages.first, done);
  return result;
}

bool may_become(sgx::PageType from, uint64_t to) {
  if (to == sgx::kPtTrim) return from == sgx::kPtReg || from == sgx::kPtTcs;
  return to == sgx::kPtTcs && from == sgx::kPtReg;
}

}  // namespace

Result<void> restrict_permissions(SoftEnclave& enclave, uint64_t offset, uint64_t length,
                                  uint64_t permissions) {
  Pages pages = TRY(pages_of(enclave, offset, length));
  bool write_only = (permissions & sgx::kSecInfoW) && !(permissions & sgx::kSecInfoR);
  if ((permissions & ~sgx::kSecInfoRwx) || write_only) return Errno(EINVAL);
  return for_each_page(enclave, pages, [&](uint64_t page, EpcmEntry entry) -> Result<void> {
    if (entry.type() != sgx::kPtReg) return Errno(EINVAL);
    if (!entry.usable()) return Errno(EFAULT);
    uint64_t kept = entry.flags() & permissions & sgx::kSecInfoRwx;
    enclave.epcm.set(page, EpcmEntry::make(kept | sgx::kSecInfoPr, sgx::kPtReg));
    return ok();
  });
}

Result<void> modify_types(SoftEnclave& enclave, uint64_t offset, uint64_t length, uint64_t page_type) {
  Pages pages = TRY(pages_of(enclave, offset, length));
  if (page_type != sgx::kPtTrim && page_type != sgx::kPtTcs) return Errno(EINVAL);
  return for_each_page(enclave, pages, [&](uint64_t page, EpcmEntry entry) -> Result<void> {
    if (!may_become(entry.type(), page_type)) return Errno(EINVAL);
    if (entry.has(sgx::kSecInfoPending | sgx::kSecInfoModified)) return Errno(EFAULT);
    if (entry.type() == sgx::kPtTcs) remove_tcs(enclave, enclave.secs.base + page * sgx::kPageSize);
    enclave.epcm.set(page, EpcmEntry::make(sgx::kSecInfoModified, static_cast<sgx::PageType>(page_type)));
    return ok();
  });
}

Result<void> remove_pages(SoftEnclave& enclave, uint64_t offset, uint64_t length) {
  Pages pages = TRY(pages_of(enclave, offset, length));
  uint64_t removed = 0;
  Result<void> result = for_each_page(enclave, pages, [&](uint64_t page, EpcmEntry entry) -> Result<void> {
    if (entry.type() != sgx::kPtTrim || entry.has(sgx::kSecInfoModified)) return Errno(EPERM);
    enclave.epcm.set(page, EpcmEntry{});
    ++removed;
    return ok();
  });
  if (removed) enclave.pages.discard(pages.first, removed);
  return result;
}

}  // namespace scone::host::soft
