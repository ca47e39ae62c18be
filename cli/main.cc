// The `scone` command.
#include <openssl/crypto.h>

#include <CLI/CLI.hpp>

#include "cli/commands.h"
#include "host/runner/clock.h"

int main(int argc, char** argv) {
  scone::host::Clock clock;  // its first sample; the enclave's clock gets better the earlier it is taken
  // As in the enclave, no configuration file of the machine has a say in cryptography; reading it takes 0.3 ms, too.
  OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, nullptr);
  CLI::App app{"Runs unmodified Linux programs in SGX enclaves."};
  app.name("scone");
  app.require_subcommand(1);
  scone::cli::add_run(app, clock);
  scone::cli::add_hash(app);
  scone::cli::add_fspf(app);
  scone::cli::add_scf(app);
  scone::cli::add_console(app);
  CLI11_PARSE(app, argc, argv);
  return 0;
}
