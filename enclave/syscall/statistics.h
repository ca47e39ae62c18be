// Counters for --stats.
#pragma once

#include <cstdint>

namespace scone::syscall {

void count_call(uint64_t number);       // the program made it
void count_forwarded(uint64_t number);  // the call under way needed the host
void count_trap(uint64_t number);       // it came by a trap, not by a rewritten site
void count_sites(uint64_t rewritten, uint64_t trapping);

// Writes all counters to the host's StatsBlock, if it asked for them. At the end of the process.
void report_statistics();

}  // namespace scone::syscall
