// scone run: one program in one enclave.
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <memory>

#include "cli/commands.h"
#include "cli/device_options.h"
#include "cli/enclave_options.h"
#include "cli/find_program.h"
#include "cli/key.h"
#include "cli/scf_file.h"
#include "cli/statistics.h"
#include "cli/whole_file.h"
#include "host/runner/hostile.h"
#include "host/runner/image.h"
#include "host/runner/runner.h"

namespace scone::cli {
namespace {

struct Options {
  EnclaveOptions enclave;
  DeviceOptions device;
  std::string engine = "auto";
  bool trace = false;
  std::string stats;  // "", "text" or "json"
  std::string stats_file;
  bool no_rewrite = false;
  std::string hostile;
  std::vector<std::string> variables;
  std::string scf;
  std::string scf_key_file;
  std::vector<std::string> command;
};

[[noreturn]] void fail(int status, const std::string& message) {
  fprintf(stderr, "scone: %s\n", message.c_str());
  exit(status);
}

// Ours, with the -e settings; a later one replaces an earlier one.
std::vector<std::string> environment(const std::vector<std::string>& settings) {
  std::vector<std::string> result;
  for (char** entry = environ; *entry; ++entry) result.emplace_back(*entry);
  for (const std::string& setting : settings) {
    const std::string name = setting.substr(0, setting.find('=') + 1);
    if (name.empty()) fail(kFailure, "-e wants NAME=VALUE, not '" + setting + "'");
    std::erase_if(result, [&](const std::string& entry) { return entry.starts_with(name); });
    result.push_back(setting);
  }
  return result;
}

host::Engine engine_named(const std::string& name) {
  if (name == "sync") return host::Engine::kSync;
  if (name == "threads") return host::Engine::kThreads;
  if (name == "batched") return host::Engine::kBatched;
  if (name == "uring") return host::Engine::kUring;
  return host::Engine::kAuto;
}

// Program, arguments and environment: from the command line, or encrypted from a file.
void choose_program(Options& options, host::RunOptions& run_options) {
  const std::string program = find_program(options.command.front());
  if (program.empty()) fail(kNotFound, options.command.front() + ": command not found");
  run_options.program = program;
  run_options.arguments = options.command;
  run_options.environment = environment(options.variables);
}

void choose_configuration(Options& options, host::RunOptions& run_options) {
  // Lives until the enclave has taken it.
  alignas(8) static uint8_t key_bytes[kKeyBytes];
  if (!options.command.empty() || !options.variables.empty() || options.trace)
    fail(kFailure, "--scf decides about the program: no command, -e or --trace beside it");
  std::string error;
  const auto file = read_whole_file(options.scf, abi::kMaxScfSize, error);
  if (!file) fail(kFailure, error);
  if (file->empty()) fail(kFailure, options.scf + ": empty");
  Key key;
  if (!read_key(options.scf_key_file, kScfKeyVariable, key, error)) fail(kFailure, error);
  memcpy(key_bytes, key.bytes().data(), kKeyBytes);
  run_options.scf = *file;
  run_options.scf_key = reinterpret_cast<uint64_t*>(key_bytes);
  run_options.program = "-";  // the border wants one
  run_options.arguments = {"-"};
}

void run(Options& options, host::Clock& clock) {
  std::string error;
  if (!options.enclave.resolve(error)) fail(kFailure, error);
  host::RunOptions run_options;
  if (options.scf.empty() && options.command.empty()) fail(kFailure, "wants a program after --, or --scf FILE");
  options.scf.empty() ? choose_program(options, run_options) : choose_configuration(options, run_options);
  if (!options.hostile.empty() && !host::choose_attack(options.hostile))
    fail(kFailure, "there is no attack named '" + options.hostile + "'");

  auto device = options.device.make(error);
  if (!device) fail(kFailure, error);
  // Who watches is told; output that somebody collects stays the program's.
  if (isatty(STDERR_FILENO) && !device->caveat().empty()) fprintf(stderr, "scone: %s\n", std::string(device->caveat()).c_str());
  auto image = host::Image::open(options.enclave.image_path(), error);
  if (!image.ok()) fail(kFailure, error);
  const host::ImageParameters parameters = options.enclave.parameters();
  if (!image.value().build(*device, parameters, error).ok()) fail(kFailure, error);

  run_options.ethreads = parameters.ethreads;
  run_options.cores = options.enclave.cores();
  run_options.enclave_size = parameters.enclave_size;
  run_options.heap_limit = options.enclave.heap_limit();
  run_options.engine = engine_named(options.engine);
  run_options.trace = options.trace;
  run_options.stats = !options.stats.empty();
  run_options.rewrite = !options.no_rewrite;
  set_statistics_settings(options.enclave.settings());
  if (!options.stats_file.empty()) set_statistics_file(options.stats_file.c_str());
  std::vector<uint64_t> tcs;
  for (uint32_t i = 0; i < parameters.ethreads; ++i) tcs.push_back(image.value().tcs_address(parameters, i));
  const auto sink = options.stats == "json" ? print_statistics_as_json : print_statistics_as_text;
  const auto started = host::run_enclave(*device, tcs, run_options, clock, sink);
  fail(kFailure, std::string("cannot start the enclave: ") + strerror(started.error().code()));
}

}  // namespace

void add_run(CLI::App& app, host::Clock& clock) {
  CLI::App* verb = app.add_subcommand("run", "Runs a program in an enclave.");
  // Lives as long as the process: the enclave's threads refer to it.
  auto* options = new Options;
  options->enclave.add_to(*verb);
  options->device.add_to(*verb);
  verb->add_option("--engine", options->engine, "how system calls reach the host")->check(CLI::IsMember({"auto", "sync", "threads", "batched", "uring"}));
  verb->add_flag("--trace", options->trace, "print each system call");
  verb->add_option("--stats", options->stats, "print counters at the end: text or json")
      ->expected(0, 1)
      ->default_str("text")
      ->check(CLI::IsMember({"text", "json"}));
  verb->add_option("--stats-file", options->stats_file, "where the counters go (default: stderr)");
  verb->add_flag("--no-rewrite", options->no_rewrite, "let every system call trap");
  verb->add_option("--hostile", options->hostile, "attack the enclave (tests)")->group("");
  verb->add_option("-e,--env", options->variables, "set a variable of the program: NAME=VALUE")->take_all()->allow_extra_args(false);
  verb->add_option("command", options->command, "the program and its arguments, after --");
  verb->add_option("--scf", options->scf, "start what this encrypted start-up configuration says");
  verb->add_option("--scf-key", options->scf_key_file, std::string("file with its key (default: ") + kScfKeyVariable + ")");
  verb->positionals_at_end();
  verb->callback([options, &clock] { run(*options, clock); });
}

}  // namespace scone::cli
