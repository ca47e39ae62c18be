// --trace: one line per system call, names and argument kinds from the table.
#pragma once

#include <cstdint>

#include "base/result.h"
#include "enclave/sched/lthread.h"
#include "enclave/syscall/table.h"

namespace scone::syscall {

bool tracing();
// For calls that may not return.
void trace_entry(sched::Lthread& thread, uint64_t number, const Entry* entry, const uint64_t* arguments);
void trace_exit(sched::Lthread& thread, uint64_t number, const Entry* entry, const uint64_t* arguments,
                const Result<uint64_t>& result);

}  // namespace scone::syscall
