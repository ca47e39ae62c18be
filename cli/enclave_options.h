// The options that decide what the enclave is, shared by `run` and `hash`.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "cli/config_file.h"
#include "cli/settings.h"
#include "host/runner/image.h"

namespace scone::cli {

// Both together with the image decide MRENCLAVE.
class EnclaveOptions {
 public:
  // --ethreads, --heap, --enclave; SCONE_ETHREADS, SCONE_HEAP, SCONE_CONFIG.
  void add_to(CLI::App& verb);
  // After parsing. On failure `error` says in one line why.
  bool resolve(std::string& error);

  host::ImageParameters parameters() const { return parameters_; }
  uint64_t heap_limit() const { return settings_.heap.value; }
  // Of each ethread, for the runner; empty or negative: any.
  const std::vector<int>& cores() const { return cores_; }
  const Settings& settings() const { return settings_; }
  const std::string& image_path() const { return image_; }

 private:
  bool choose_ethreads(const ConfigFile& file, std::string& error);
  bool choose_cores(const ConfigFile& file, std::string& error);
  bool choose_heap(const ConfigFile& file, std::string& error);

  std::string ethreads_;
  std::string heap_;
  std::string image_;
  std::vector<int> cores_;
  Settings settings_;
  host::ImageParameters parameters_;
};

}  // namespace scone::cli
