#include "cli/device_options.h"

#include <unistd.h>

#include "host/device/soft/soft_device.h"

namespace scone::cli {
namespace {

constexpr char kDevice[] = "/dev/sgx_enclave";

}  // namespace

void DeviceOptions::add_to(CLI::App& verb) {
  verb.add_option("--mode", mode_, "hw: SGX hardware, sim: software model, auto: hardware where there is any")
      ->envname("SCONE_MODE")
      ->check(CLI::IsMember({"hw", "sim", "auto"}));
  auto* strict = verb.add_flag("--strict", strict_, "software model: every ENCLU traps, as on silicon without its speed");
  verb.add_flag("--fast", fast_, "software model: known ENCLU sites call the model (default)")->excludes(strict);
  verb.add_option("--cost", cost_, "software model: cycles that an exit and the entry after it take");
}

std::unique_ptr<host::EnclaveDevice> DeviceOptions::make(std::string& error) const {
  const bool asks_for_model = strict_ || fast_ || cost_ != 0;
  const bool hardware = mode_ == "hw" || (mode_ == "auto" && !asks_for_model && access(kDevice, F_OK) == 0);
  if (!hardware)
    return host::soft::make_soft_device(
        {.fidelity = strict_ ? host::soft::Fidelity::kStrict : host::soft::Fidelity::kFast, .cost = cost_});
  error = "no hardware device yet";
  return nullptr;
}

}  // namespace scone::cli
