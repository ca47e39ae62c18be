#include "cli/enclave_options.h"

#include <sched.h>
#include <unistd.h>

#include <algorithm>

#include "abi/border.h"
#include "abi/layout.h"
#include "cli/size.h"

namespace scone::cli {
namespace {

constexpr uint64_t kSmallestHeap = uint64_t{1} << 20;
constexpr uint64_t kLargestHeap = uint64_t{8} << 40;

unsigned available_cores() {
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) != 0) return 1;
  return static_cast<unsigned>(std::clamp(CPU_COUNT(&set), 1, static_cast<int>(abi::kMaxEthreads)));
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
  verb.add_option("--ethreads", ethreads_, "host threads inside the enclave (default: the cores we may use)")
      ->envname("SCONE_ETHREADS")
      ->check(CLI::Range(1u, unsigned{abi::kMaxEthreads}));
  verb.add_option("--heap", heap_text_, "most memory the program may use, e.g. 512M (default: 32G)")->envname("SCONE_HEAP");
  verb.add_option("--enclave", image_, "the runtime's image")->envname("SCONE_ENCLAVE");
}

void EnclaveOptions::resolve() {
  heap_ = uint64_t{32} << 30;
  if (!heap_text_.empty()) {
    const auto size = parse_size(heap_text_);
    if (!size || *size < kSmallestHeap || *size > kLargestHeap)
      throw CLI::ValidationError("--heap", "'" + heap_text_ + "' is no size between 1M and 8T");
    heap_ = *size;
  }
  if (ethreads_ == 0) ethreads_ = available_cores();
  parameters_.ethreads = ethreads_;
  // Addresses are plenty: mappings that stay mostly empty need room, too.
  while (parameters_.enclave_size / 2 < heap_) parameters_.enclave_size *= 2;
  if (image_.empty()) image_ = default_image();
}

}  // namespace scone::cli
