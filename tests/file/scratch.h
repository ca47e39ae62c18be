// A directory that goes with the test, and buffers that stand for the program's memory.
#pragma once

#include <stdlib.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "enclave/boundary/app_ptr.h"
#include "enclave/file/io_vector.h"

namespace scone::file {

class ScratchDirectory {
 public:
  ScratchDirectory() {
    std::string pattern = std::filesystem::temp_directory_path() / "scone-file-XXXXXX";
    path_ = mkdtemp(pattern.data());
  }
  ~ScratchDirectory() { std::filesystem::remove_all(path_); }
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

inline std::string contents_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

inline AppPtr<void> app(void* memory) { return AppPtr<void>(reinterpret_cast<uint64_t>(memory)); }
inline IoVector app_vector(std::string& text) { return IoVector(app(text.data()), text.size()); }

}  // namespace scone::file
