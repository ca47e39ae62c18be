#include "enclave/file/maps_text.h"

namespace scone::file {
namespace {

// The column at which the name begins on 64-bit Linux.
constexpr size_t kNameColumn = 73;

char right(mm::Prot prot, mm::Prot wanted, char letter) { return mm::has(prot, wanted) ? letter : '-'; }

}  // namespace

void append_map_line(Text& to, const mm::VmaInfo& vma) {
  const size_t line = to.view().size();
  to.append_hex(vma.begin, 8);
  to.append("-");
  to.append_hex(vma.end, 8);
  to.append(" ");
  to.append_char(right(vma.prot, mm::Prot::kRead, 'r'));
  to.append_char(right(vma.prot, mm::Prot::kWrite, 'w'));
  to.append_char(right(vma.prot, mm::Prot::kExecute, 'x'));
  to.append_char(vma.shared ? 's' : 'p');
  to.append(" ");
  to.append_hex(vma.offset, 8);
  to.append(" ");
  to.append_hex(vma.device >> 8 & 0xfff, 2);
  to.append(":");
  to.append_hex((vma.device & 0xff) | (vma.device >> 12 & 0xfff00), 2);
  to.append(" ");
  to.append_number(vma.inode);
  if (!vma.name.empty()) {
    const size_t written = to.view().size() - line;
    to.append_repeated(' ', written < kNameColumn ? kNameColumn - written : 1);
    to.append(vma.name);
  } else {
    to.append(" ");
  }
  to.append("\n");
}

}  // namespace scone::file
