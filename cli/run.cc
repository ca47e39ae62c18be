// scone run: one program in one enclave.
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <memory>

#include "cli/commands.h"
#include "cli/device_options.h"
#include "cli/enclave_options.h"
#include "cli/find_program.h"
#include "cli/statistics.h"
#include "host/runner/hostile.h"
#include "host/runner/image.h"
#include "host/runner/runner.h"

namespace scone::cli {
namespace {

struct Options {
  EnclaveOptions enclave;
  DeviceOptions device;
  std::string engine = "batched";
  bool trace = false;
  std::string stats;  // "", "text" or "json"
  std::string stats_file;
  bool no_rewrite = false;
  std::string hostile;
  std::vector<std::string> variables;
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
  return host::Engine::kBatched;
}

void run(Options& options, host::Clock& clock) {
  options.enclave.resolve();
  const std::string program = find_program(options.command.front());
  if (program.empty()) fail(kNotFound, options.command.front() + ": command not found");
  if (!options.hostile.empty() && !host::choose_attack(options.hostile))
    fail(kFailure, "there is no attack named '" + options.hostile + "'");

  std::string error;
  auto device = options.device.make(error);
  if (!device) fail(kFailure, error);
  // Who watches is told; output that somebody collects stays the program's.
  if (isatty(STDERR_FILENO) && !device->caveat().empty()) fprintf(stderr, "scone: %s\n", std::string(device->caveat()).c_str());
  auto image = host::Image::open(options.enclave.image_path(), error);
  if (!image.ok()) fail(kFailure, error);
  const host::ImageParameters parameters = options.enclave.parameters();
  if (!image.value().build(*device, parameters, error).ok()) fail(kFailure, error);

  host::RunOptions run_options;
  run_options.program = program;
  run_options.arguments = options.command;
  run_options.environment = environment(options.variables);
  run_options.ethreads = parameters.ethreads;
  run_options.enclave_size = parameters.enclave_size;
  run_options.heap_limit = options.enclave.heap_limit();
  run_options.engine = engine_named(options.engine);
  run_options.trace = options.trace;
  run_options.stats = !options.stats.empty();
  run_options.rewrite = !options.no_rewrite;
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
  verb->add_option("--engine", options->engine, "how system calls reach the host")->check(CLI::IsMember({"sync", "threads", "batched"}));
  verb->add_flag("--trace", options->trace, "print each system call");
  verb->add_option("--stats", options->stats, "print counters at the end: text or json")
      ->expected(0, 1)
      ->default_str("text")
      ->check(CLI::IsMember({"text", "json"}));
  verb->add_option("--stats-file", options->stats_file, "where the counters go (default: stderr)");
  verb->add_flag("--no-rewrite", options->no_rewrite, "let every system call trap");
  verb->add_option("--hostile", options->hostile, "attack the enclave (tests)")->group("");
  verb->add_option("-e,--env", options->variables, "set a variable of the program: NAME=VALUE")->take_all()->allow_extra_args(false);
  verb->add_option("command", options->command, "the program and its arguments, after --")->required();
  verb->positionals_at_end();
  verb->callback([options, &clock] { run(*options, clock); });
}

}  // namespace scone::cli
