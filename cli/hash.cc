// scone hash: MRENCLAVE of the runtime with the given parameters.
#include <cstdio>
#include <memory>

#include "cli/commands.h"
#include "cli/enclave_options.h"
#include "host/runner/image.h"

namespace scone::cli {
namespace {

[[noreturn]] void fail(const std::string& error) {
  fprintf(stderr, "scone: %s\n", error.c_str());
  exit(kFailure);
}

void print_hash(EnclaveOptions& options) {
  std::string error;
  if (!options.resolve(error)) fail(error);
  auto image = host::Image::open(options.image_path(), error);
  if (!image.ok()) fail(error);
  for (const uint8_t byte : image.value().measure(options.parameters())) printf("%02x", byte);
  printf("\n");
}

}  // namespace

void add_hash(CLI::App& app) {
  CLI::App* verb = app.add_subcommand("hash", "Prints MRENCLAVE, the measurement of the enclave that `run` would start.");
  auto options = std::make_shared<EnclaveOptions>();
  options->add_to(*verb);
  verb->callback([options] { print_hash(*options); });
}

}  // namespace scone::cli
