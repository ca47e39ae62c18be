// The runtime's side of a rewritten site, for a process without an enclave: makes the real system call.
#pragma once

#include <cstdint>

namespace scone::rewrite {

// Both entries, to be put where GS points: see EntryOffsets.
extern "C" void native_syscall_entry();
extern "C" void native_syscall_entry_vector();
// How often each was used. Not exact with several threads.
extern "C" uint64_t native_syscall_count;
extern "C" uint64_t native_syscall_count_vector;

// Sets GS of the calling thread, and so of those it makes, to a block with both entries at these offsets.
inline constexpr uint32_t kNativeEntry = 0x48, kNativeEntryVector = 0x50;
bool use_native_entry();

}  // namespace scone::rewrite
