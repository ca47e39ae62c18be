// scone scf: start-up configurations, for development (docs/formats/scf.md).
#include <cstdio>
#include <cstdlib>
#include <memory>

#include "cli/commands.h"
#include "cli/scf_file.h"
#include "cli/whole_file.h"

namespace scone::cli {
namespace {

constexpr size_t kLargestJson = 16 << 20;

[[noreturn]] void fail(const std::string& message) {
  fprintf(stderr, "scone scf: %s\n", message.c_str());
  exit(kFailure);
}

struct CreateOptions {
  std::string from, output, key_file, old_key_file;
};

// A fresh one, which goes to a new file or to stdout; or one that exists.
void choose_key(const CreateOptions& options, Key& key) {
  std::string error;
  if (!options.old_key_file.empty()) {
    if (!read_key(options.old_key_file, kScfKeyVariable, key, error)) fail(error);
    return;
  }
  if (!make_key(key, error)) fail(error);
  const std::string text = to_hex(key.bytes()) + "\n";
  if (options.key_file.empty())
    fputs(text.c_str(), stdout);
  else if (!write_whole_file(options.key_file, text, 0600, Existing::kRefuse, error))
    fail(error);
}

void create(const CreateOptions& options) {
  std::string error;
  const auto json = read_whole_file(options.from, kLargestJson, error);
  if (!json) fail(error);
  const auto text = scf_from_json(*json, error);
  if (!text) fail(options.from + ": " + error);
  Key key;
  choose_key(options, key);
  const auto file = seal_scf(*text, key, error);
  if (!file) fail(options.from + ": " + error);
  if (!write_whole_file(options.output, *file, 0644, Existing::kReplace, error)) fail(error);
}

void show(const std::string& path, const std::string& key_file, bool secrets) {
  std::string error;
  Key key;
  if (!read_key(key_file, kScfKeyVariable, key, error)) fail(error);
  const auto text = open_scf(path, key, error);
  if (!text) fail(error);
  puts(scf_to_json(*text, secrets).c_str());
}

void add_create(CLI::App& scf) {
  CLI::App* verb = scf.add_subcommand("create", "Encrypts a configuration, given as JSON, under a fresh key.");
  auto options = std::make_shared<CreateOptions>();
  verb->add_option("--from", options->from, "the configuration as JSON")->required();
  verb->add_option("-o,--output", options->output, "the encrypted file to write")->required();
  auto* fresh = verb->add_option("--key-file", options->key_file, "new file for the key (default: stdout)");
  verb->add_option("--scf-key", options->old_key_file, "use the key in this file instead of a fresh one")->excludes(fresh);
  verb->callback([options] { create(*options); });
}

void add_show(CLI::App& scf) {
  CLI::App* verb = scf.add_subcommand("show", "Decrypts a configuration and prints it as JSON.");
  struct Options {
    std::string path, key_file;
    bool secrets = false;
  };
  auto options = std::make_shared<Options>();
  verb->add_option("file", options->path, "the encrypted file")->required();
  verb->add_option("--scf-key", options->key_file, std::string("file with its key (default: ") + kScfKeyVariable + ")");
  verb->add_flag("--secrets", options->secrets, "print its keys, too");
  verb->callback([options] { show(options->path, options->key_file, options->secrets); });
}

}  // namespace

void add_scf(CLI::App& app) {
  CLI::App* verb = app.add_subcommand("scf", "Start-up configurations: what a program gets, encrypted for its enclave.");
  verb->require_subcommand(1);
  add_create(*verb);
  add_show(*verb);
}

}  // namespace scone::cli
