// The options that decide what the enclave is, shared by `run` and `hash`.
#pragma once

#include <CLI/CLI.hpp>

#include <string>

#include "host/runner/image.h"

namespace scone::cli {

// Both together with the image decide MRENCLAVE.
class EnclaveOptions {
 public:
  // --ethreads, --heap, --enclave; SCONE_ETHREADS, SCONE_HEAP.
  void add_to(CLI::App& verb);
  // After parsing. Throws CLI::ValidationError.
  void resolve();

  host::ImageParameters parameters() const { return parameters_; }
  uint64_t heap_limit() const { return heap_; }
  const std::string& image_path() const { return image_; }

 private:
  std::string heap_text_;
  std::string image_;
  unsigned ethreads_ = 0;
  uint64_t heap_ = 0;
  host::ImageParameters parameters_;
};

}  // namespace scone::cli
