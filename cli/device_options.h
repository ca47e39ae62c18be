// Which machine the enclave runs on.
#pragma once

#include <CLI/CLI.hpp>

#include <memory>
#include <string>

#include "host/device/enclave_device.h"

namespace scone::cli {

class DeviceOptions {
 public:
  // --strict, --fast, --cost; SCONE_MODE.
  void add_to(CLI::App& verb);
  // nullptr, and one line in `error`.
  std::unique_ptr<host::EnclaveDevice> make(std::string& error) const;

 private:
  std::string mode_ = "auto";
  bool strict_ = false;
  bool fast_ = false;
  uint64_t cost_ = 0;
  uint64_t storm_ = 0;
};

}  // namespace scone::cli
