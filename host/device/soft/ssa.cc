#include "host/device/soft/ssa.h"

#include <cpuid.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace scone::host::soft {
namespace {

constexpr uint64_t kLegacySize = 512;        // FXSAVE part of an XSAVE area
constexpr uint64_t kSoftwareReserved = 464;  // where the kernel leaves notes in a signal frame
constexpr uint64_t kHeaderEnd = 576;
constexpr uint64_t kMxcsrAt = 24;
constexpr unsigned kMaxComponent = 32;

struct XsaveHeader {
  uint64_t xstate_bv;
  uint64_t xcomp_bv;
  uint64_t reserved[6];
};

// What user code may change in RFLAGS, without TF, which is suppressed in an enclave, and NT, which IRETQ refuses.
constexpr uint64_t kUserFlags = 0x0000'0000'0024'0cd5;
constexpr uint64_t kFixedFlags = 0x202;

struct Component {
  uint32_t offset, size;
};

// The state components that the processor has, by their bits in XCR0.
uint64_t existing_components() {
  unsigned low, enabled_size, max_size, high;
  __cpuid_count(0xd, 0, low, enabled_size, max_size, high);
  return uint64_t{high} << 32 | low;
}

// Standard-format place of each state component (vol. 1, "Standard Format of XSAVE Area").
const Component& component(unsigned index) {
  static const auto table = [] {
    std::array<Component, kMaxComponent> components{};
    const uint64_t existing = existing_components();
    for (unsigned i = 2; i < kMaxComponent; ++i) {
      if (!(existing >> i & 1)) continue;  // in a virtual machine CPUID costs microseconds
      unsigned size, offset, flags, unused;
      __cpuid_count(0xd, i, size, offset, flags, unused);
      if (size && !(flags & 1)) components[i] = {offset, size};  // flag 0: supervisor state
    }
    return components;
  }();
  return table[index];
}

uint32_t mxcsr_mask() {
  static const uint32_t mask = [] {
    alignas(16) uint8_t area[512] = {};
    // SAFETY: FXSAVE writes 512 bytes to an aligned buffer.
    asm volatile("fxsave64 %0" : "=m"(area));
    uint32_t value;
    std::memcpy(&value, area + 28, sizeof value);
    return value ? value : 0xffbf;
  }();
  return mask;
}

void copy_or_die(uint64_t to, const void* from, size_t size) {
  if (soft_copy(reinterpret_cast<void*>(to), from, size) == 0) return;
  fputs("scone: an SSA frame is not writable at an asynchronous exit; the enclave cannot continue\n", stderr);
  abort();
}

sgx::GprSgx registers_of(const gregset_t& g, const SegmentBases& bases) {
  auto reg = [&](int index) { return static_cast<uint64_t>(g[index]); };
  sgx::GprSgx r{};
  r.rax = reg(REG_RAX), r.rcx = reg(REG_RCX), r.rdx = reg(REG_RDX), r.rbx = reg(REG_RBX);
  r.rsp = reg(REG_RSP), r.rbp = reg(REG_RBP), r.rsi = reg(REG_RSI), r.rdi = reg(REG_RDI);
  r.r8 = reg(REG_R8), r.r9 = reg(REG_R9), r.r10 = reg(REG_R10), r.r11 = reg(REG_R11);
  r.r12 = reg(REG_R12), r.r13 = reg(REG_R13), r.r14 = reg(REG_R14), r.r15 = reg(REG_R15);
  r.rflags = reg(REG_EFL), r.rip = reg(REG_RIP);
  r.fs_base = bases.fs, r.gs_base = bases.gs;
  return r;
}

// The XSAVE area of a signal frame, reduced to what the enclave may use. Components in their initial state become zero.
void build_xsave(uint8_t* out, const uint8_t* frame, uint64_t xfrm, uint64_t size) {
  XsaveHeader header{};
  std::memcpy(&header.xstate_bv, frame + kLegacySize, sizeof header.xstate_bv);
  header.xstate_bv &= xfrm;
  std::memcpy(out, frame, kSoftwareReserved);
  std::memset(out + kSoftwareReserved, 0, size - kSoftwareReserved);
  std::memcpy(out + kLegacySize, &header, sizeof header);
  for (unsigned i = 2; i < kMaxComponent; ++i)
    if (header.xstate_bv >> i & 1)
      std::memcpy(out + component(i).offset, frame + component(i).offset, component(i).size);
}

// XRSTOR's conditions for #GP, so that it cannot fault in the model.
bool loadable(const uint8_t* area, uint64_t xfrm) {
  XsaveHeader header;
  std::memcpy(&header, area + kLegacySize, sizeof header);
  uint32_t mxcsr;
  std::memcpy(&mxcsr, area + kMxcsrAt, sizeof mxcsr);
  bool reserved_zero = std::ranges::all_of(header.reserved, [](uint64_t word) { return word == 0; });
  return !(header.xstate_bv & ~xfrm) && header.xcomp_bv == 0 && reserved_zero && !(mxcsr & ~mxcsr_mask());
}

bool canonical(uint64_t address) {
  auto extended = static_cast<int64_t>(address) >> 47;
  return extended == 0 || extended == -1;
}

void write_exception(const SoftEnclave& enclave, uint64_t frame, const Fault& fault, sgx::ExitInfo& info) {
  bool has_address = fault.vector == sgx::kVectorPf || fault.vector == sgx::kVectorGp;
  bool ex_info = enclave.secs.misc_select & sgx::kMiscExInfo;
  // Without EXINFO the enclave is not told of #PF and #GP at all.
  if (has_address && !ex_info) return;
  info = sgx::ExitInfo::make(fault.vector,
                             fault.vector == sgx::kVectorBp ? sgx::kExitSoftware : sgx::kExitHardware);
  if (!has_address) return;
  sgx::ExInfo details{fault.address, fault.error_code, 0};
  copy_or_die(frame + sgx::ex_info_offset(enclave.secs.ssa_frame_size), &details, sizeof details);
}

}  // namespace

uint64_t xsave_area_size(uint64_t xfrm) {
  if ((xfrm & sgx::kXfrmLegacy) != sgx::kXfrmLegacy || xfrm >> kMaxComponent) return 0;
  if (xfrm & ~existing_components()) return 0;
  uint64_t size = kHeaderEnd;
  for (unsigned i = 2; i < kMaxComponent; ++i)
    if (xfrm >> i & 1) size = std::max<uint64_t>(size, component(i).offset + component(i).size);
  return size;
}

uint64_t frame_address(const SoftEnclave& enclave, const SoftTcs& tcs, uint32_t index) {
  return tcs.ssa + uint64_t{index} * enclave.secs.ssa_frame_size * sgx::kPageSize;
}

std::optional<Fault> check_frame(const SoftEnclave& enclave, const SoftTcs& tcs, uint32_t index) {
  uint64_t frame = frame_address(enclave, tcs, index);
  for (uint32_t page = 0; page < enclave.secs.ssa_frame_size; ++page) {
    uint64_t address = frame + page * sgx::kPageSize;
    if (!enclave.contains(address) || !enclave.entry_of(address).allows(Access::kWrite))
      return Fault{sgx::kVectorPf, sgx::kPfSgx | sgx::kPfPresent | sgx::kPfWrite, address};
  }
  return std::nullopt;
}

bool take_tcs(ThreadState& thread, SoftTcs& tcs) {
  uint32_t free = 0;
  if (!tcs.busy.compare_exchange_strong(free, 1, std::memory_order_acquire)) return false;
  thread.tcs = &tcs;
  thread.tcs_busy = &tcs.busy;
  return true;
}

void release_tcs(ThreadState& thread) { thread.tcs_busy->store(0, std::memory_order_release); }

void asynchronous_exit(ThreadState& thread, ucontext_t& interrupted, const SegmentBases& bases,
                       const Fault* fault) {
  SoftEnclave& enclave = *thread.enclave;
  uint64_t frame = frame_address(enclave, *thread.tcs, thread.tcs->cssa);
  sgx::GprSgx registers = registers_of(interrupted.uc_mcontext.gregs, bases);
  if (fault) write_exception(enclave, frame, *fault, registers.exit_info);
  // URSP and URBP lie between the two parts; they are EENTER's.
  uint64_t gpr = frame + sgx::gpr_offset(enclave.secs.ssa_frame_size);
  copy_or_die(gpr, &registers, offsetof(sgx::GprSgx, ursp));
  copy_or_die(gpr + offsetof(sgx::GprSgx, exit_info), &registers.exit_info,
              sizeof registers - offsetof(sgx::GprSgx, exit_info));
  // resume_xsave is free: this thread is not resuming but leaving.
  auto* vectors = reinterpret_cast<uint8_t*>(interrupted.uc_mcontext.fpregs);
  build_xsave(thread.resume_xsave, vectors, thread.xfrm, enclave.xsave_size);
  copy_or_die(frame, thread.resume_xsave, enclave.xsave_size);
  std::memset(thread.resume_xsave, 0, enclave.xsave_size);
  std::memset(vectors, 0, enclave.xsave_size);
  for (int index = REG_R8; index <= REG_RCX; ++index) interrupted.uc_mcontext.gregs[index] = 0;
  thread.tcs->cssa++;
  release_tcs(thread);
}

std::optional<Fault> prepare_resume(ThreadState& thread, SoftTcs& tcs) {
  constexpr Fault kGp{sgx::kVectorGp};
  SoftEnclave& enclave = *thread.enclave;
  SoftTcs* outer = thread.tcs;
  if (!take_tcs(thread, tcs)) return kGp;
  auto refuse = [&](Fault fault) {
    release_tcs(thread);
    thread.tcs = outer;
    return fault;
  };
  if (tcs.cssa == 0) return refuse(kGp);
  if (auto fault = check_frame(enclave, tcs, tcs.cssa - 1)) return refuse(*fault);
  uint64_t frame = frame_address(enclave, tcs, tcs.cssa - 1);
  sgx::GprSgx& r = thread.resume;
  uint64_t gpr = frame + sgx::gpr_offset(enclave.secs.ssa_frame_size);
  if (soft_copy(&r, reinterpret_cast<void*>(gpr), sizeof r) ||
      soft_copy(thread.resume_xsave, reinterpret_cast<void*>(frame), enclave.xsave_size))
    return refuse({sgx::kVectorPf, sgx::kPfSgx | sgx::kPfPresent, frame});
  if (!loadable(thread.resume_xsave, thread.xfrm) || !enclave.contains(r.rip) || !canonical(r.fs_base) ||
      !canonical(r.gs_base))
    return refuse(kGp);
  r.rflags = (r.rflags & kUserFlags) | kFixedFlags;
  tcs.cssa--;
  return std::nullopt;
}

}  // namespace scone::host::soft
