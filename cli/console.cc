// scone console: the client of a shielded console (docs/formats/console.md).
#include <cstdio>
#include <cstdlib>
#include <memory>

#include "cli/commands.h"
#include "cli/console_client.h"
#include "cli/console_decrypt.h"
#include "cli/scf_file.h"

namespace scone::cli {
namespace {

constexpr const char* kKeyVariable = "SCONE_CONSOLE_KEY";

[[noreturn]] void fail(const std::string& message) {
  fprintf(stderr, "scone console: %s\n", message.c_str());
  exit(kFailure);
}

struct Options {
  std::string scf, scf_key_file, key_file;
  bool log = false;
  std::vector<std::string> command;
};

// From the start-up configuration that the program gets, or alone.
void find_key(Options& options, Key& key) {
  std::string error;
  if (options.scf.empty()) {
    if (!read_key(options.key_file, kKeyVariable, key, error)) fail(error);
    return;
  }
  Key scf_key;
  if (!read_key(options.scf_key_file, kScfKeyVariable, scf_key, error)) fail(error);
  auto text = open_scf(options.scf, scf_key, error);
  if (!text) fail(error);
  if (!text->console) fail(options.scf + ": has no console");
  std::copy(text->console->key.begin(), text->console->key.end(), key.bytes().begin());
  options.log = text->console->mode == scf::ConsoleMode::kLog;
}

void run(Options& options) {
  Key key;
  find_key(options, key);
  exit(run_console(key.bytes(), {options.command, !options.log}));
}

void decrypt(Options& options) {
  Key key;
  find_key(options, key);
  exit(decrypt_console(key.bytes()));
}

void add_key_options(CLI::App& verb, Options& options) {
  verb.add_option("--scf", options.scf, "take key and mode from this start-up configuration");
  verb.add_option("--scf-key", options.scf_key_file, std::string("file with its key (default: ") + kScfKeyVariable + ")");
  verb.add_option("--key", options.key_file, std::string("file with the console's key (default: ") + kKeyVariable + ")");
}

}  // namespace

void add_console(CLI::App& app) {
  CLI::App* verb = app.add_subcommand("console", "Runs a command that starts a shielded program, and is its console.");
  auto options = std::make_shared<Options>();
  add_key_options(*verb, *options);
  verb->add_flag("--log", options->log, "the program's console takes no client: output only");
  verb->add_option("command", options->command, "what starts the program, after --");
  verb->require_subcommand(0, 1);
  CLI::App* filter = verb->add_subcommand("decrypt", "Decrypts recorded output: reads stdin, writes stdout and stderr.");
  add_key_options(*filter, *options);
  filter->callback([options] { decrypt(*options); });
  verb->callback([options, verb] {
    if (!verb->get_subcommands().empty()) return;
    if (options->command.empty()) fail("wants a command after --, or decrypt");
    run(*options);
  });
}

}  // namespace scone::cli
