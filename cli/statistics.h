// --stats: the enclave's counters for people and for programs.
#pragma once

#include "abi/border.h"

namespace scone::cli {

void print_statistics_as_text(const abi::StatsBlock& stats);
void print_statistics_as_json(const abi::StatsBlock& stats);
// Where they go; stderr unless set. The path outlives the process.
void set_statistics_file(const char* path);

}  // namespace scone::cli
