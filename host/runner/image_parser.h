// Reading an enclave image's ELF file. The file is checked as if it were hostile.
#pragma once

#include <elf.h>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "host/runner/image.h"

namespace scone::host {

class ImageParser {
 public:
  ImageParser(std::span<const uint8_t> file, std::string& error) : file_(file), error_(error) {}
  // Fills the image. ENOEXEC, and error says why.
  Result<void> parse(Image& image);

 private:
  Errno fail(std::string_view why);
  // The bytes [offset, offset + size) of the file; ENOEXEC if it is shorter.
  Result<std::span<const uint8_t>> part(uint64_t offset, uint64_t size);
  // The structure at `offset` of the file, copied.
  template <typename T>
  Result<T> read(uint64_t offset);
  Result<void> parse_header(Image& image);
  Result<void> parse_segments(Image& image);
  Result<void> add_segment(Image& image, const Elf64_Phdr& header);
  Result<void> parse_enclu_sites(Image& image);

  std::span<const uint8_t> file_;
  std::string& error_;
  Elf64_Ehdr header_{};
};

}  // namespace scone::host
