#include "tests/rewrite/elf_file.h"

#include <elf.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <iterator>

namespace scone::rewrite {

ElfFile::ElfFile(const std::string& path, uint64_t bias) {
  std::ifstream stream(path, std::ios::binary);
  std::vector<uint8_t> file{std::istreambuf_iterator<char>(stream), {}};
  Elf64_Ehdr header;
  if (file.size() < sizeof header) return;
  std::memcpy(&header, file.data(), sizeof header);
  if (std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0) return;
  if (header.e_type == ET_EXEC) bias = 0;
  std::vector<Elf64_Phdr> segments(header.e_phnum);
  std::memcpy(segments.data(), &file.at(header.e_phoff), segments.size() * sizeof(Elf64_Phdr));
  for (const Elf64_Phdr& segment : segments)
    if (segment.p_type == PT_GNU_EH_FRAME) header_ = segment.p_vaddr + bias;
  for (const Elf64_Phdr& segment : segments) {
    if (segment.p_type != PT_LOAD) continue;
    auto begin = file.begin() + static_cast<ptrdiff_t>(segment.p_offset);
    std::vector<uint8_t> bytes(begin, begin + static_cast<ptrdiff_t>(segment.p_filesz));
    uint64_t address = segment.p_vaddr + bias;
    if (header_ >= address && header_ - address < bytes.size()) {
      data_ = bytes;
      data_address_ = address;
    }
    if (segment.p_flags & PF_X) {
      code_ = bytes;
      code_address_ = address;
    }
    free_address_ = std::max(free_address_, (address + segment.p_memsz + 0xffff) & ~uint64_t{0xfff});
  }
  original_ = code_;
  entry_ = header.e_entry + bias;
}

// Understands the form that every compiler here uses, a CIE "zR" or "zPLR" and pcrel sdata4, and nothing else.
std::vector<FunctionRange> ElfFile::functions() const {
  std::vector<FunctionRange> functions;
  auto read = [&]<typename T>(uint64_t address, T) { return unwind().data.read<T>(address).value_or(T{}); };
  if (header_ == 0) return functions;
  uint64_t record = header_ + 4 + static_cast<uint64_t>(read(header_ + 4, int32_t{}));
  while (uint32_t length = read(record, uint32_t{})) {
    if (read(record + 4, uint32_t{}) != 0) {
      uint64_t begin = record + 8 + static_cast<uint64_t>(read(record + 8, int32_t{}));
      functions.push_back({begin, begin + read(record + 12, uint32_t{})});
    }
    record += 4 + length;
  }
  return functions;
}

}  // namespace scone::rewrite
