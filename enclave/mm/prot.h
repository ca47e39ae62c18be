// Access rights of a page, as the program asks for them (PROT_*) and as the EPCM keeps them (SECINFO.R/W/X).
#pragma once

#include <cstdint>

namespace scone::mm {

// A set of rights. The bits are those of PROT_READ, PROT_WRITE, PROT_EXEC and of SECINFO.FLAGS alike.
enum class Prot : uint8_t { kNone = 0, kRead = 1, kWrite = 2, kExecute = 4 };

constexpr Prot operator|(Prot a, Prot b) { return Prot(uint8_t(a) | uint8_t(b)); }
constexpr Prot operator&(Prot a, Prot b) { return Prot(uint8_t(a) & uint8_t(b)); }
constexpr Prot operator~(Prot a) { return Prot(~uint8_t(a) & 7); }

inline constexpr Prot kReadWrite = Prot::kRead | Prot::kWrite;
inline constexpr Prot kReadExecute = Prot::kRead | Prot::kExecute;

// True if `set` has every right in `rights`.
constexpr bool has(Prot set, Prot rights) { return (set & rights) == rights; }

// What a page needs in the EPCM so that it behaves like a Linux/x86 mapping with `prot`: there, whoever may write or
// execute may read. (The EPCM would also refuse W without R: SDM, EMODPR and EACCEPTCOPY.)
constexpr Prot epcm_prot(Prot prot) { return prot == Prot::kNone ? prot : prot | Prot::kRead; }

}  // namespace scone::mm
