#include "tests/rewrite/checker.h"

#include <Zydis/Decoder.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <set>
#include <sstream>
#include <vector>

namespace scone::rewrite {
namespace {

struct Decoded {
  ZydisDecodedInstruction instruction;
  ZydisDecodedOperand operands[ZYDIS_MAX_OPERAND_COUNT];
};

bool decode(std::span<const uint8_t> bytes, Decoded& out) {
  ZydisDecoder decoder;
  ZydisDecoderInit(&decoder, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64);
  return ZYAN_SUCCESS(
      ZydisDecoderDecodeFull(&decoder, bytes.data(), bytes.size(), &out.instruction, out.operands));
}

// What an operand means, as text, for an instruction that starts at `address`: two instructions with equal mnemonics and
// equal meanings do the same.
std::string meaning(const Decoded& decoded, uint64_t address) {
  std::ostringstream text;
  text << decoded.instruction.mnemonic << '/' << decoded.instruction.operand_width;
  uint64_t next = address + decoded.instruction.length;
  for (int i = 0; i < decoded.instruction.operand_count; ++i) {
    const ZydisDecodedOperand& operand = decoded.operands[i];
    text << ' ' << operand.type << ':' << operand.size << ':';
    if (operand.type == ZYDIS_OPERAND_TYPE_REGISTER) text << operand.reg.value;
    if (operand.type == ZYDIS_OPERAND_TYPE_MEMORY) {
      uint64_t displacement = static_cast<uint64_t>(operand.mem.disp.value);
      if (operand.mem.base == ZYDIS_REGISTER_RIP) displacement += next;
      text << operand.mem.segment << ',' << operand.mem.base << ',' << operand.mem.index << ','
           << int{operand.mem.scale} << ',' << displacement;
    }
    if (operand.type == ZYDIS_OPERAND_TYPE_IMMEDIATE)
      text << operand.imm.value.u + (operand.imm.is_relative ? next : 0);
  }
  return text.str();
}

// A branch's operand is 8 bits wide in one form and 32 in another; what counts is condition and target.
bool is_direct_branch(const Decoded& decoded) {
  return decoded.instruction.raw.imm[0].is_relative &&
         (decoded.instruction.mnemonic == ZYDIS_MNEMONIC_JMP ||
          decoded.instruction.meta.category == ZYDIS_CATEGORY_COND_BR);
}

uint64_t branch_target(const Decoded& decoded, uint64_t address) {
  return address + decoded.instruction.length + static_cast<uint64_t>(decoded.instruction.raw.imm[0].value.s);
}

class SiteCheck {
 public:
  SiteCheck(std::span<const uint8_t> original, std::span<const uint8_t> patched, uint64_t address,
            const TrampolineArea& area, const SiteTable& table, const Site& site, uint32_t gs_offset)
      : original_(original.subspan(site.window - address, site.window_size)),
        patched_(patched.subspan(site.window - address, site.window_size)),
        trampoline_(area.bytes.subspan(site.trampoline - area.address, site.trampoline_size)),
        table_(table),
        site_(site),
        gs_offset_(gs_offset) {}

  std::string run() {
    uint64_t moved = 0;
    bool ended = false;
    for (uint64_t offset = 0; offset < original_.size();) {
      Decoded decoded;
      if (!decode(original_.subspan(offset), decoded)) return "the original does not decode";
      if (std::string wrong = boundary(offset, moved); !wrong.empty()) return wrong;
      bool call = offset == site_.syscall;
      std::string wrong = call ? entry(offset, moved) : same(decoded, offset, moved);
      if (!wrong.empty()) return wrong;
      ended = decoded.instruction.meta.category == ZYDIS_CATEGORY_RET ||
              decoded.instruction.mnemonic == ZYDIS_MNEMONIC_JMP ||
              decoded.instruction.mnemonic == ZYDIS_MNEMONIC_HLT ||
              decoded.instruction.mnemonic == ZYDIS_MNEMONIC_UD0 ||
              decoded.instruction.mnemonic == ZYDIS_MNEMONIC_UD1 ||
              decoded.instruction.mnemonic == ZYDIS_MNEMONIC_UD2;
      offset += decoded.instruction.length;
    }
    if (ended) return moved == trampoline_.size() ? "" : "something behind the last instruction";
    return jump(trampoline_.subspan(moved), site_.trampoline + moved, site_.window + site_.window_size)
               ? ""
               : "no way back";
  }

 private:
  bool jump(std::span<const uint8_t> bytes, uint64_t address, uint64_t target) const {
    Decoded decoded;
    return decode(bytes, decoded) && decoded.instruction.mnemonic == ZYDIS_MNEMONIC_JMP &&
           is_direct_branch(decoded) && branch_target(decoded, address) == target;
  }

  // Arriving at an original boundary leads to the same place in the trampoline.
  std::string boundary(uint64_t offset, uint64_t moved) const {
    if (offset == 0) return jump(patched_, site_.window, site_.trampoline) ? "" : "no jump to the trampoline";
    Decoded decoded;
    if (decode(patched_.subspan(offset), decoded)) return "an arrival does not trap";
    // Not for lack of bytes: an instruction that goes on behind the window would be executed.
    std::vector<uint8_t> longer(patched_.begin() + static_cast<ptrdiff_t>(offset), patched_.end());
    longer.resize(longer.size() + 16);
    if (decode(longer, decoded)) return "an arrival does not trap at once";
    if (table_.resume_address(site_.window + offset) != site_.trampoline + moved)
      return "wrong resume_address";
    return "";
  }

  std::string same(const Decoded& decoded, uint64_t offset, uint64_t& moved) const {
    Decoded copy;
    uint64_t from = site_.window + offset, to = site_.trampoline + moved;
    if (!decode(trampoline_.subspan(moved), copy)) return "the trampoline does not decode";
    if (table_.original_address(to) != from) return "wrong original_address";
    if (is_direct_branch(decoded)) {
      if (copy.instruction.mnemonic != decoded.instruction.mnemonic ||
          branch_target(copy, to) != branch_target(decoded, from))
        return "a branch changed";
    } else if (meaning(decoded, from) != meaning(copy, to)) {
      return "an instruction changed";
    }
    moved += copy.instruction.length;
    return "";
  }

  std::string entry(uint64_t offset, uint64_t& moved) const {
    uint64_t address = site_.trampoline + moved, after = address + kEntrySize;
    uint8_t expected[] = {0x48, 0x8d, 0x0d, 8, 0, 0, 0, 0x65, 0xff, 0x24, 0x25, 0, 0, 0, 0};
    std::memcpy(expected + 11, &gs_offset_, 4);
    if (original_[offset] != 0x0f || original_[offset + 1] != 0x05) return "no system call";
    if (std::memcmp(&trampoline_[moved], expected, sizeof expected) != 0) return "wrong entry";
    if (table_.original_address(address) != site_.window + offset ||
        table_.original_address(address + 7) != site_.window + offset ||
        table_.original_address(after) != site_.window + offset + 2)
      return "wrong original_address of the call";
    if (table_.restart_address(after) != address) return "wrong restart_address";
    moved += kEntrySize;
    return "";
  }

  std::span<const uint8_t> original_, patched_, trampoline_;
  const SiteTable& table_;
  const Site& site_;
  uint32_t gs_offset_;
};

// Bytes outside all windows are untouched; windows and trampolines do not overlap.
std::string check_extents(std::span<const uint8_t> original, std::span<const uint8_t> patched,
                          uint64_t address, std::span<const Site> sites) {
  std::vector<bool> covered(original.size());
  std::map<uint64_t, uint64_t> trampolines;
  for (const Site& site : sites) {
    for (uint64_t i = 0; i < site.window_size; ++i) {
      if (covered[site.window - address + i]) return "windows overlap";
      covered[site.window - address + i] = true;
    }
    if (!trampolines.emplace(site.trampoline, site.trampoline_size).second) return "trampolines overlap";
  }
  uint64_t end = 0;
  for (auto [begin, size] : trampolines) {
    if (begin < end) return "trampolines overlap";
    end = begin + size;
  }
  for (size_t i = 0; i < original.size(); ++i)
    if (!covered[i] && original[i] != patched[i]) return "a byte outside all windows changed";
  return "";
}

// Decodes each function that holds a site from its start: the window must begin on a boundary, and no branch of the
// function may lead strictly inside it.
std::string check_function(std::span<const uint8_t> original, uint64_t address, const FunctionRange& function,
                           std::span<const Site> sites) {
  std::set<uint64_t> boundaries, targets;
  for (uint64_t at = function.begin; at < function.end;) {
    Decoded decoded;
    if (!decode(original.subspan(at - address, function.end - at), decoded))
      return "a function with a site does not decode";
    boundaries.insert(at);
    if (decoded.instruction.raw.imm[0].is_relative) targets.insert(branch_target(decoded, at));
    at += decoded.instruction.length;
  }
  for (const Site& site : sites) {
    if (site.window < function.begin || site.window >= function.end) continue;
    if (!boundaries.count(site.window)) return "a window begins inside an instruction";
    if (site.window + site.window_size > function.end) return "a window leaves its function";
    auto target = targets.upper_bound(site.window);
    if (target != targets.end() && *target < site.window + site.window_size) return "a branch leads inside";
  }
  return "";
}

std::string in_hex(const std::string& text, uint64_t address) {
  std::ostringstream out;
  out << text << " at " << std::hex << address;
  return out.str();
}

}  // namespace

std::string check(std::span<const uint8_t> original, std::span<const uint8_t> patched, uint64_t address,
                  const TrampolineArea& area, const SiteTable& table,
                  std::span<const FunctionRange> functions, uint32_t general, uint32_t vector) {
  std::vector<Site> sites = sites_in(table, address, address + original.size());
  if (std::string wrong = check_extents(original, patched, address, sites); !wrong.empty()) return wrong;
  for (const Site& site : sites) {
    uint32_t gs_offset = site.vector ? vector : general;
    std::string wrong = SiteCheck(original, patched, address, area, table, site, gs_offset).run();
    if (!wrong.empty()) return in_hex(wrong, site.window);
  }
  for (const FunctionRange& function : functions) {
    auto inside = [&](const Site& site) {
      return site.window >= function.begin && site.window < function.end;
    };
    if (std::none_of(sites.begin(), sites.end(), inside)) continue;
    std::string wrong = check_function(original, address, function, sites);
    if (!wrong.empty()) return in_hex(wrong, function.begin);
  }
  return "";
}

std::vector<Site> sites_in(const SiteTable& table, uint64_t begin, uint64_t end) {
  std::vector<Site> sites;
  for (uint64_t address = begin; address < end; ++address) {
    std::optional<Site> site = table.site_of(address);
    if (!site) continue;
    sites.push_back(*site);
    address = site->window + site->window_size - 1;
  }
  return sites;
}

}  // namespace scone::rewrite
