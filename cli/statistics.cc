#include "cli/statistics.h"

#include <array>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <string>

namespace scone::cli {
namespace {

const char* g_path = nullptr;
const Settings* g_settings = nullptr;

std::string call_name(size_t number) {
  struct Name {
    size_t number;
    const char* name;
  };
  static constexpr Name kNames[] = {
#include "system_call_names.inc"
  };
  for (const Name& entry : kNames)
    if (entry.number == number) return entry.name;
  return "syscall_" + std::to_string(number);
}

nlohmann::json settings_as_json(const Settings& settings) {
  const auto number = [](const Settings::Number& chosen) {
    return nlohmann::json{{"value", chosen.value}, {"from", chosen.origin}};
  };
  return {{"ethreads", number(settings.ethreads)},
          {"heap", number(settings.heap)},
          {"ignored", settings.ignored}};
}

void print_settings(FILE* output, const Settings& settings) {
  fprintf(output, "ethreads: %lu (%s), heap: %lu MiB (%s)\n", settings.ethreads.value,
          settings.ethreads.origin.c_str(), settings.heap.value >> 20, settings.heap.origin.c_str());
  for (const std::string& name : settings.ignored)
    fprintf(output, "ignored: %s (has no meaning here)\n", name.c_str());
}

class Output {
 public:
  Output() : file_(g_path ? fopen(g_path, "we") : stderr) {
    if (!file_) file_ = stderr;
  }
  ~Output() {
    if (file_ != stderr) fclose(file_);
  }
  operator FILE*() const { return file_; }

 private:
  FILE* file_;
};

}  // namespace

void set_statistics_file(const char* path) { g_path = path; }

void set_statistics_settings(const Settings& settings) { g_settings = &settings; }

void print_statistics_as_json(const abi::StatsBlock& stats, const host::EngineChoice& engine) {
  nlohmann::json calls = nlohmann::json::object();
  for (size_t i = 0; i < abi::kStatsCalls; ++i) {
    if (!stats.served_inside[i] && !stats.forwarded[i] && !stats.trapped[i]) continue;
    calls[call_name(i)] = {
        {"inside", stats.served_inside[i]}, {"forwarded", stats.forwarded[i]}, {"trapped", stats.trapped[i]}};
  }
  const nlohmann::json document = {
      {"calls", calls},
      {"engine", {{"name", engine.name}, {"why", engine.why}}},
      {"settings", settings_as_json(*g_settings)},
      {"sites", {{"rewritten", stats.sites_rewritten}, {"trapping", stats.sites_trapping}}},
      {"exits", stats.exits},
      {"exceptions", stats.exceptions},
      {"ticks", stats.ticks},
      {"switches", stats.switches},
      {"page_faults", stats.page_faults},
      {"program_pages", stats.program_pages}};
  Output output;
  fprintf(output, "%s\n", document.dump().c_str());
}

void print_statistics_as_text(const abi::StatsBlock& stats, const host::EngineChoice& engine) {
  Output output;
  fprintf(output, "%-24s %12s %12s %12s\n", "system call", "inside", "forwarded", "trapped");
  for (size_t i = 0; i < abi::kStatsCalls; ++i) {
    if (!stats.served_inside[i] && !stats.forwarded[i] && !stats.trapped[i]) continue;
    fprintf(output, "%-24s %12lu %12lu %12lu\n", call_name(i).c_str(), stats.served_inside[i], stats.forwarded[i],
            stats.trapped[i]);
  }
  fprintf(output, "engine: %s (%s)\n", engine.name, engine.why);
  print_settings(output, *g_settings);
  fprintf(output, "sites: %lu rewritten, %lu trapping\n", stats.sites_rewritten, stats.sites_trapping);
  fprintf(output, "exits: %lu, exceptions: %lu, ticks: %lu, thread switches: %lu\n", stats.exits, stats.exceptions,
          stats.ticks, stats.switches);
  fprintf(output, "page faults: %lu, program memory: %lu KiB\n", stats.page_faults, stats.program_pages * 4);
}

}  // namespace scone::cli
