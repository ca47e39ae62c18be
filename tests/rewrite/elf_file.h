// An ELF file laid out for the rewriter the way the loader does it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "enclave/rewrite/views.h"

namespace scone::rewrite {

class ElfFile {
 public:
  // Position-independent files are laid out at `bias`. Not valid() if the file is missing or no ELF file.
  explicit ElfFile(const std::string& path, uint64_t bias = 0x10000000);

  bool valid() const { return !code_.empty(); }
  CodeView code() { return {code_address_, code_}; }
  const std::vector<uint8_t>& original() const { return original_; }
  UnwindView unwind() const { return {header_, {data_address_, data_}}; }
  uint64_t entry() const { return entry_; }
  // All functions that .eh_frame describes, read from one end to the other.
  std::vector<FunctionRange> functions() const;
  // Addresses behind the file's last segment, where the trampolines can stand.
  uint64_t free_address() const { return free_address_; }

 private:
  std::vector<uint8_t> code_, original_, data_;
  uint64_t code_address_ = 0, data_address_ = 0, header_ = 0, entry_ = 0, free_address_ = 0;
};

}  // namespace scone::rewrite
