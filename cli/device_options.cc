#include "cli/device_options.h"

#include <unistd.h>

#include <csignal>

#include "host/device/fault/fault_device.h"
#include "host/device/sgx/hardware_device.h"
#include "host/device/soft/soft_device.h"

namespace scone::cli {
namespace {

// Nothing is refused; only the storm is of interest here.
host::fault::FaultPlan g_no_refusals;

}  // namespace

void DeviceOptions::add_to(CLI::App& verb) {
  verb.add_option("--mode", mode_, "hw: SGX hardware, sim: software model, auto: hardware where there is any")
      ->envname("SCONE_MODE")
      ->transform(CLI::IsMember({"hw", "sim", "auto"}, CLI::ignore_case));  // SCONE's documents write HW
  auto* strict = verb.add_flag("--strict", strict_, "software model: every ENCLU traps, as on silicon without its speed");
  verb.add_flag("--fast", fast_, "software model: known ENCLU sites call the model (default)")->excludes(strict);
  verb.add_option("--cost", cost_, "software model: cycles that an exit and the entry after it take");
  verb.add_option("--storm", storm_, "interrupt the enclave every so many ns (tests)")->group("");
}

std::unique_ptr<host::EnclaveDevice> DeviceOptions::make(std::string& error) const {
  const bool asks_for_model = strict_ || fast_ || cost_ != 0;
  const bool hardware = mode_ == "hw" || (mode_ == "auto" && !asks_for_model && access(host::hw::kDevicePath, F_OK) == 0);
  std::unique_ptr<host::EnclaveDevice> device;
  if (hardware) {
    auto opened = host::hw::open_hardware_device(error);
    if (!opened.ok()) return nullptr;
    device = opened.take();
  } else {
    device = host::soft::make_soft_device(
        {.fidelity = strict_ ? host::soft::Fidelity::kStrict : host::soft::Fidelity::kFast, .cost = cost_});
  }
  if (storm_ == 0) return device;
  return host::fault::make_fault_device(std::move(device), g_no_refusals,
                                        {.storm_interval_ns = storm_, .storm_signal = SIGRTMAX - 3});
}

}  // namespace scone::cli
