#include "host/device/soft/launch.h"

#include <sys/mman.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <mutex>

#include "abi/layout.h"
#include "host/device/soft/gate.h"
#include "host/device/soft/ssa.h"
#include "host/device/soft/tcs_table.h"
#include "sgx/sigstruct.h"

namespace scone::host::soft {
namespace {

constexpr int kPopulateWrite = 23;  // MADV_POPULATE_WRITE; older headers lack it

constexpr uint64_t kKnownAttributes = sgx::kAttributeDebug | sgx::kAttributeMode64 |
                                      sgx::kAttributeProvisionKey | sgx::kAttributeEinittokenKey |
                                      sgx::kAttributeKss;
// 47 bits: what user space has on every x86-64.
constexpr uint64_t kUserSpaceEnd = uint64_t{1} << 47;

Errno fail(SoftEnclave& enclave, int code, std::string why) {
  enclave.error = std::move(why);
  return Errno(code);
}

// What stands in [begin, end), for a message: the line of /proc/self/maps.
std::string mapping_in(uint64_t begin, uint64_t end) {
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) {
    unsigned long from = 0, to = 0;
    if (sscanf(line.c_str(), "%lx-%lx", &from, &to) == 2 && from < end && to > begin) return line;
  }
  return "nothing";
}

const char* broken_rule(const sgx::Secs& secs, uint64_t xsave_size) {
  if (!std::has_single_bit(secs.size) || secs.size < 2 * sgx::kPageSize) return "the size is no power of two";
  if (secs.base % secs.size) return "the base is not a multiple of the size";
  if (secs.base > kUserSpaceEnd - secs.size) return "the range exceeds user space";
  if (secs.size <= abi::kProgramBegin && secs.base == 0) return "the range is too small";
  if (!(secs.attributes.flags & sgx::kAttributeMode64)) return "the enclave is not 64-bit";
  if (secs.attributes.flags & ~kKnownAttributes) return "unknown attributes";
  if (secs.misc_select & ~sgx::kMiscExInfo) return "unknown MISCSELECT bits";
  if (xsave_size == 0) return "XFRM has components that the processor lacks, or lacks x87 and SSE";
  if (secs.ssa_frame_size == 0 || sgx::ex_info_offset(secs.ssa_frame_size) < xsave_size)
    return "an SSA frame is too small for XFRM";
  if (xsave_size > sizeof(ThreadState::resume_xsave))
    return "XFRM has components that the model does not know";
  return nullptr;
}

// EADD's rules for SECINFO; TCS content is checked on its own.
bool addable(const sgx::SecInfo& info) {
  uint64_t permissions = info.flags & sgx::kSecInfoRwx;
  bool reserved_zero = std::ranges::all_of(info.reserved, [](uint64_t word) { return word == 0; });
  if (!reserved_zero || info.flags != sgx::make_sec_info(permissions, info.page_type()).flags) return false;
  if (info.page_type() == sgx::kPtTcs) return true;
  return info.page_type() == sgx::kPtReg &&
         (!(permissions & sgx::kSecInfoW) || (permissions & sgx::kSecInfoR));
}

Result<void> add_tcs_pages(SoftEnclave& enclave, uint64_t offset, std::span<const uint8_t> source) {
  for (uint64_t at = 0; at < source.size(); at += sgx::kPageSize) {
    sgx::Tcs tcs;
    std::memcpy(&tcs, source.data() + at, sizeof tcs);
    if (!tcs_is_well_formed(enclave, tcs)) return fail(enclave, EINVAL, "a TCS is malformed");
    if (!add_tcs(enclave, enclave.secs.base + offset + at, tcs))
      return fail(enclave, EINVAL, "too many TCSs");
  }
  return ok();
}

void measure_pages(SoftEnclave& enclave, uint64_t offset, std::span<const uint8_t> source,
                   const sgx::SecInfo& info, bool measure) {
  for (uint64_t at = 0; at < source.size(); at += sgx::kPageSize)
    enclave.measurement->add_page(offset + at, info, sgx::PageBytes(source.data() + at, sgx::kPageSize),
                                  measure);
}

bool matches(uint64_t theirs, uint64_t ours, uint64_t mask) { return (theirs & mask) == (ours & mask); }

// What the SIGSTRUCT says against what was built; nullptr if it fits.
const char* mismatch(const sgx::Secs& secs, const sgx::SigStruct& s, const sgx::MrEnclave& measured) {
  if (sgx::verify(s) != sgx::kSuccess) return "the signature does not verify";
  if (!std::ranges::equal(measured, s.enclave_hash)) return "the measurement is not the one that was signed";
  if (!matches(s.attributes.flags, secs.attributes.flags,
               s.attribute_mask.flags & ~uint64_t{sgx::kAttributeInit}) ||
      !matches(s.attributes.xfrm, secs.attributes.xfrm, s.attribute_mask.xfrm))
    return "the attributes are not the signed ones";
  if (!matches(s.misc_select, secs.misc_select, s.misc_mask)) return "MISCSELECT is not the signed one";
  return nullptr;
}

}  // namespace

Result<void> ecreate(SoftEnclave& enclave, const sgx::Secs& secs) {
  if (enclave.created) return fail(enclave, EINVAL, "the device has an enclave already");
  uint64_t xsave_size = xsave_area_size(secs.attributes.xfrm);
  if (const char* rule = broken_rule(secs, xsave_size)) return fail(enclave, EINVAL, rule);
  if (auto reserved = enclave.pages.reserve(secs.base, secs.size); !reserved.ok())
    return fail(enclave, reserved.error().code(),
                "the enclave's address range is not free: " +
                    mapping_in(std::max(secs.base, abi::kProgramBegin), secs.base + secs.size));
  TRY(enclave.epcm.create(secs.size / sgx::kPageSize));
  enclave.secs = secs;
  enclave.xsave_size = xsave_size;
  enclave.measurement.emplace(secs.ssa_frame_size, secs.size);
  enclave.created = true;
  return ok();
}

Result<void> eadd(SoftEnclave& enclave, uint64_t offset, std::span<const uint8_t> source,
                  const sgx::SecInfo& info, bool measure) {
  if (!enclave.created || enclave.initialized) return fail(enclave, EINVAL, "pages are added before EINIT");
  if (offset % sgx::kPageSize || source.size() % sgx::kPageSize || source.empty() ||
      offset >= enclave.secs.size || source.size() > enclave.secs.size - offset ||
      enclave.secs.base + offset < abi::kProgramBegin)
    return fail(enclave, EINVAL, "pages outside the enclave's range");
  if (!addable(info)) return fail(enclave, EINVAL, "a page's SECINFO is not allowed");
  uint64_t first = offset / sgx::kPageSize, count = source.size() / sgx::kPageSize;
  std::lock_guard guard(enclave.epcm.lock());
  for (uint64_t page = first; page < first + count; ++page)
    if (enclave.epcm.get(page).valid()) return fail(enclave, EBUSY, "a page was added twice");
  bool is_tcs = info.page_type() == sgx::kPtTcs;
  if (is_tcs) TRY(add_tcs_pages(enclave, offset, source));
  enclave.pages.protect(first, count, PROT_READ | PROT_WRITE);
  auto* pages = reinterpret_cast<void*>(enclave.secs.base + offset);
  madvise(pages, source.size(), kPopulateWrite);  // one call instead of a fault per page; before Linux 5.14 they fault
  std::memcpy(pages, source.data(), source.size());
  for (uint64_t page = first; page < first + count; ++page)
    enclave.epcm.set(page, EpcmEntry::make(is_tcs ? 0 : info.flags & sgx::kSecInfoRwx, info.page_type()));
  enclave.pages.sync(first, count);
  measure_pages(enclave, offset, source, info, measure);
  return ok();
}

Result<void> einit(SoftEnclave& enclave, const sgx::SigStruct& signature) {
  if (!enclave.created || enclave.initialized) return fail(enclave, EINVAL, "no enclave waits for EINIT");
  if (sgx::verify(signature) == sgx::kInvalidSigStruct) return fail(enclave, EINVAL, "not a SIGSTRUCT");
  sgx::MrEnclave measured = enclave.measurement->value();
  if (const char* why = mismatch(enclave.secs, signature, measured)) return fail(enclave, EPERM, why);
  sgx::Secs& secs = enclave.secs;
  std::ranges::copy(measured, secs.mr_enclave);
  std::ranges::copy(sgx::mr_signer(signature), secs.mr_signer);
  secs.isv_prod_id = signature.isv_prod_id;
  secs.isv_svn = signature.isv_svn;
  secs.attributes.flags |= sgx::kAttributeInit;
  if (enclave.fidelity == Fidelity::kFast) TRY(open_gate(enclave));
  enclave.measurement.reset();  // not before: EINIT may be tried again
  enclave.initialized = true;
  return ok();
}

}  // namespace scone::host::soft
