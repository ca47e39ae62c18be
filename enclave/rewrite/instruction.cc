#include "enclave/rewrite/instruction.h"

namespace scone::rewrite {
namespace {

// The extensions that have general registers only. Anything else counts as vector code: a wrong "yes" costs time, a
// wrong "no" a register.
bool general_registers_only(ZydisISAExt extension) {
  switch (extension) {
    case ZYDIS_ISA_EXT_BASE:
    case ZYDIS_ISA_EXT_LONGMODE:
    case ZYDIS_ISA_EXT_ADOX_ADCX:
    case ZYDIS_ISA_EXT_AMD3DNOW_PREFETCH:
    case ZYDIS_ISA_EXT_BMI1:
    case ZYDIS_ISA_EXT_BMI2:
    case ZYDIS_ISA_EXT_CET:
    case ZYDIS_ISA_EXT_CLFLUSHOPT:
    case ZYDIS_ISA_EXT_CLFSH:
    case ZYDIS_ISA_EXT_LZCNT:
    case ZYDIS_ISA_EXT_MOVBE:
    case ZYDIS_ISA_EXT_PAUSE:
    case ZYDIS_ISA_EXT_PKU:
    case ZYDIS_ISA_EXT_RDPID:
    case ZYDIS_ISA_EXT_RDRAND:
    case ZYDIS_ISA_EXT_RDSEED:
    case ZYDIS_ISA_EXT_RDTSCP:
    case ZYDIS_ISA_EXT_RDWRFSGS:
    case ZYDIS_ISA_EXT_RTM:
      return true;
    default:
      return false;
  }
}

Flow flow_of(const ZydisDecodedInstruction& from) {
  switch (from.mnemonic) {
    case ZYDIS_MNEMONIC_SYSCALL:
      return from.length == 2 ? Flow::kSyscall : Flow::kOther;
    case ZYDIS_MNEMONIC_JMP:
      return from.raw.imm[0].is_relative ? Flow::kJump : Flow::kStop;
    case ZYDIS_MNEMONIC_RET:
    case ZYDIS_MNEMONIC_HLT:
    case ZYDIS_MNEMONIC_UD0:
    case ZYDIS_MNEMONIC_UD1:
    case ZYDIS_MNEMONIC_UD2:
      return Flow::kStop;
    case ZYDIS_MNEMONIC_JCXZ:
    case ZYDIS_MNEMONIC_JECXZ:
    case ZYDIS_MNEMONIC_JRCXZ:
    case ZYDIS_MNEMONIC_LOOP:
    case ZYDIS_MNEMONIC_LOOPE:
    case ZYDIS_MNEMONIC_LOOPNE:
    case ZYDIS_MNEMONIC_XBEGIN:
    case ZYDIS_MNEMONIC_ENDBR32:
    case ZYDIS_MNEMONIC_ENDBR64:
      return Flow::kOther;
    default:
      break;
  }
  switch (from.meta.category) {
    case ZYDIS_CATEGORY_COND_BR:
      return Flow::kBranch;
    case ZYDIS_CATEGORY_CALL:
    case ZYDIS_CATEGORY_INTERRUPT:
    case ZYDIS_CATEGORY_RET:
    case ZYDIS_CATEGORY_SYSCALL:
    case ZYDIS_CATEGORY_SYSRET:
    case ZYDIS_CATEGORY_UNCOND_BR:
      return Flow::kOther;
    default:
      return Flow::kNext;
  }
}

bool is_movable(const ZydisDecodedInstruction& from, const Instruction& to) {
  switch (to.flow) {
    case Flow::kBranch:
    case Flow::kJump:
      // An operand-size prefix makes AMD's processors take 16 bits of the target, and Intel's none of it.
      return (from.attributes & ZYDIS_ATTRIB_HAS_OPERANDSIZE) == 0;
    case Flow::kNext:
    case Flow::kStop:
      // A displacement from EIP (address-size prefix) cannot be re-based in general.
      return !to.relative || (to.displacement_at != 0 && from.address_width == 64);
    default:
      return false;
  }
}

}  // namespace

Decoder::Decoder() { ZydisDecoderInit(&decoder_, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64); }

bool Decoder::decode(std::span<const uint8_t> bytes, Instruction& to) const {
  ZydisDecodedInstruction from;
  ZydisDecoderContext context;
  if (!ZYAN_SUCCESS(ZydisDecoderDecodeInstruction(&decoder_, &context, bytes.data(), bytes.size(), &from)))
    return false;
  to = {};
  to.length = from.length;
  to.flow = flow_of(from);
  to.vector = !general_registers_only(from.meta.isa_ext);
  if (from.raw.imm[0].is_relative) {
    to.relative = true;
    to.displacement = static_cast<int32_t>(from.raw.imm[0].value.s);
    to.condition = from.opcode & 15;
  } else if (from.attributes & ZYDIS_ATTRIB_IS_RELATIVE) {
    to.relative = true;
    to.displacement = static_cast<int32_t>(from.raw.disp.value);
    if (from.raw.disp.size == 32) to.displacement_at = from.raw.disp.offset;
  }
  to.movable = is_movable(from, to);
  return true;
}

}  // namespace scone::rewrite
