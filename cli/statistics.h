// --stats: the enclave's counters for people and for programs.
#pragma once

#include "abi/border.h"
#include "cli/settings.h"
#include "host/runner/runner.h"

namespace scone::cli {

void print_statistics_as_text(const abi::StatsBlock& stats, const host::EngineChoice& engine);
void print_statistics_as_json(const abi::StatsBlock& stats, const host::EngineChoice& engine);
// Where they go; stderr unless set. The path outlives the process.
void set_statistics_file(const char* path);
// Told beside the counters. They outlive the process.
void set_statistics_settings(const Settings& settings);

}  // namespace scone::cli
