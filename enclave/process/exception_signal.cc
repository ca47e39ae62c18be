#include "enclave/process/exception_signal.h"

#include "enclave/process/signal_info.h"
#include "enclave/process/signal_set.h"
#include "enclave/runtime/memory.h"

namespace scone::process {
namespace {

constexpr int kIntegerDivide = 1, kFloatDivide = 3, kFloatOverflow = 4, kFloatUnderflow = 5,
              kFloatInexact = 6,
              kFloatInvalid = 7;                   // FPE_…
constexpr int kIllegalOperand = 2;                 // ILL_ILLOPN
constexpr int kTrapTrace = 2;                      // TRAP_TRACE
constexpr int kSegvMapErr = 1, kSegvAccErr = 2;    // SEGV_…
constexpr int kBusAlignment = 1, kBusAddress = 2;  // BUS_…

// Offsets in the legacy area (SDM vol. 1, table 10-2).
constexpr uint64_t kControlWord = 0, kStatusWord = 2, kMxcsr = 24;

template <typename T>
T field(const uint8_t* area, uint64_t offset) {
  T value;
  memcpy(&value, area + offset, sizeof value);
  return value;
}

// Exceptions that are raised and not masked; both units number them alike.
uint32_t raised_x87(const uint8_t* area) {
  return field<uint16_t>(area, kStatusWord) & ~uint32_t{field<uint16_t>(area, kControlWord)} & 0x3f;
}
uint32_t raised_simd(const uint8_t* area) {
  const auto mxcsr = field<uint32_t>(area, kMxcsr);
  return mxcsr & ~(mxcsr >> 7) & 0x3f;
}

int float_code(uint32_t raised) {
  if (raised & 0x01) return kFloatInvalid;
  if (raised & 0x04) return kFloatDivide;
  if (raised & 0x08) return kFloatOverflow;
  if (raised & 0x12) return kFloatUnderflow;  // or a denormal operand
  return raised & 0x20 ? kFloatInexact : 0;
}

}  // namespace

Fault fault_of_exception(uint64_t vector, uint64_t rip, const uint8_t* xsave_area) {
  switch (vector) {
    case kVectorDivide:
      return {kSigFpe, kIntegerDivide, rip};
    case kVectorX87:
      return {kSigFpe, float_code(raised_x87(xsave_area)), rip};
    case kVectorSimd:
      return {kSigFpe, float_code(raised_simd(xsave_area)), rip};
    case kVectorDebug:
      return {kSigTrap, kTrapTrace, rip};
    case kVectorBreakpoint:
      return {kSigTrap, kCodeKernel, 0};
    case kVectorInvalidOpcode:
      return {kSigIll, kIllegalOperand, rip};
    case kVectorAlignment:
      return {kSigBus, kBusAlignment, 0};
    case kVectorStack:
      return {kSigBus, kCodeKernel, 0};
    default:
      return {kSigSegv, kCodeKernel, 0};
  }
}

Fault fault_of_page(mm::FaultOutcome outcome, uint64_t address) {
  if (outcome == mm::FaultOutcome::kBus) return {kSigBus, kBusAddress, address};
  return {kSigSegv, outcome == mm::FaultOutcome::kSegvAccErr ? kSegvAccErr : kSegvMapErr, address};
}

}  // namespace scone::process
