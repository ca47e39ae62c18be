#include "cli/enclave_options.h"

#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>

#include "abi/border.h"
#include "abi/layout.h"
#include "cli/size.h"

namespace scone::cli {
namespace {

constexpr uint64_t kUsualHeap = uint64_t{32} << 30;

cpu_set_t available_cores() {
  cpu_set_t set;
  CPU_ZERO(&set);
  sched_getaffinity(0, sizeof set, &set);
  return set;
}

unsigned count_available_cores() {
  const cpu_set_t set = available_cores();
  return static_cast<unsigned>(std::clamp(CPU_COUNT(&set), 1, static_cast<int>(abi::kMaxEthreads)));
}

std::optional<unsigned> parse_ethreads(std::string_view text) {
  unsigned number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  if (number < 1 || number > abi::kMaxEthreads) return std::nullopt;
  return number;
}

std::vector<std::string> ignored_settings(const ConfigFile& file) {
  std::vector<std::string> result = ignored_variables();
  for (const char command : file.ignored) result.push_back(file.path + ": " + command);
  return result;
}

// The runtime's image is built beside the command; installed, it lies in ../lib/scone.
std::string default_image() {
  char path[4096];
  const ssize_t length = readlink("/proc/self/exe", path, sizeof path);
  if (length <= 0) return {};
  const std::string self(path, static_cast<size_t>(length));
  const std::string folder = self.substr(0, self.rfind('/'));
  for (const char* candidate : {"/../enclave/scone-enclave", "/../lib/scone/scone-enclave"})
    if (access((folder + candidate).c_str(), R_OK) == 0) return folder + candidate;
  return folder + "/../enclave/scone-enclave";
}

}  // namespace

void EnclaveOptions::add_to(CLI::App& verb) {
  verb.footer("Lines: of the configuration file, which SCONE_CONFIG names (default: /etc/sgx-musl.conf).");
  verb.add_option("--ethreads", ethreads_,
                  "host threads inside the enclave (default: SCONE_ETHREADS, e lines, the cores we may use)")
      ->type_name("N");
  verb.add_option("--heap", heap_,
                  "most memory the program may use, e.g. 512M (default: SCONE_HEAP, the H line, 32G)")
      ->type_name("SIZE");
  verb.add_option("--enclave", image_, "the runtime's image")->envname("SCONE_ENCLAVE");
}

bool EnclaveOptions::resolve(std::string& error) {
  const auto file = read_config_file(error);
  if (!file || !choose_ethreads(*file, error) || !choose_heap(*file, error)) return false;
  settings_.ignored = ignored_settings(*file);
  parameters_.ethreads = static_cast<uint32_t>(settings_.ethreads.value);
  // Addresses are plenty: mappings that stay mostly empty need room, too.
  while (parameters_.enclave_size / 2 < settings_.heap.value) parameters_.enclave_size *= 2;
  if (image_.empty()) image_ = default_image();
  return true;
}

bool EnclaveOptions::choose_ethreads(const ConfigFile& file, std::string& error) {
  const Setting said = said_by(ethreads_, "--ethreads", "SCONE_ETHREADS");
  if (!said.value.empty()) {
    const auto number = parse_ethreads(said.value);
    if (number) settings_.ethreads = {*number, said.origin};
    error =
        said.origin + ": '" + said.value + "' is no number from 1 to " + std::to_string(abi::kMaxEthreads);
    return number.has_value();
  }
  if (!file.ethreads.empty()) return choose_cores(file, error);
  settings_.ethreads.value = count_available_cores();
  return true;
}

bool EnclaveOptions::choose_cores(const ConfigFile& file, std::string& error) {
  const cpu_set_t available = available_cores();
  for (const auto& [core, line] : file.ethreads) {
    if (core >= 0 && !CPU_ISSET(static_cast<size_t>(core), &available)) {
      error = file.path + ":" + std::to_string(line) + ": core " + std::to_string(core) +
              " is none that we may use";
      return false;
    }
    cores_.push_back(core);
  }
  settings_.ethreads = {cores_.size(), file.path};
  return true;
}

bool EnclaveOptions::choose_heap(const ConfigFile& file, std::string& error) {
  const Setting said = said_by(heap_, "--heap", "SCONE_HEAP");
  if (!said.value.empty()) {
    const auto size = parse_heap_size(said.value);
    if (size) settings_.heap = {*size, said.origin};
    error = said.origin + ": '" + said.value + "' is no size between 1M and 8T";
    return size.has_value();
  }
  if (file.heap)
    settings_.heap = {*file.heap, file.path};
  else
    settings_.heap.value = kUsualHeap;
  return true;
}

}  // namespace scone::cli
