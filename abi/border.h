// The structs that the enclave and the host runner share, in host memory.
//
// Rules: fixed-width fields, no pointers (addresses are uint64_t), no padding, every field naturally aligned,
// so that each can be read or written with one aligned access. Layout is pinned by
// border_test.cc. Everything the host writes here is a claim that the enclave checks; nothing here is
// authoritative for the enclave.
#pragma once

#include <cstddef>
#include <cstdint>

namespace scone::abi {

inline constexpr uint64_t kBorderVersion = 4;
inline constexpr uint32_t kMaxEthreads = 16;
// Number of system calls that can be handed to helper threads at the same time.
inline constexpr uint32_t kSlots = 256;

// Why the enclave left (EthreadArea::exit_reason). Leaving after kException or kTick always means "ERESUME" and sets nothing,
// unless it is kAbort: the interruption may have hit code that was just about to leave for a reason of its own.
enum class ExitReason : uint64_t {
  kNone = 0,
  kHostCall = 1,  // perform call_number(call_args), answer in call_result
  kIdle = 2,      // nothing to run: sleep until a wake-up, an event, or idle_deadline_ns
  kStandBy = 3,   // others do this one's work: sleep until a wake-up
  kExit = 4,      // the program ended: exit_status
  kAbort = 5,     // the runtime stopped itself; a message was logged before
};

// Why the host enters (the first argument register of EENTER, rdi).
enum class EntryReason : uint64_t {
  kStart = 1,      // first entry of this ethread; rsi = address of StartInfo
  kReturn = 2,     // the answer to the last exit is in EthreadArea
  kException = 3,  // after an AEX with an exception (CSSA > 0)
  kTick = 4,       // after an AEX by an interrupt (CSSA > 0): look at time, signals, other work
};

// Numbers at or above this are not Linux system calls but requests to the runner.
inline constexpr uint64_t kRunnerCallBase = uint64_t{1} << 32;
enum class RunnerCall : uint64_t {
  kRestrictPages = kRunnerCallBase,  // (offset, length, SECINFO permissions): SGX_IOC_..RESTRICT_PERMISSIONS
  kTrimPages,                        // (offset, length): MODIFY_TYPES to PT_TRIM
  kRemovePages,                      // (offset, length): REMOVE_PAGES after the enclave's EACCEPT
  kWakeHelpers,                      // (): requests were posted and no helper polls
  kCancelSlot,                       // (slot): interrupt the helper that runs it
  kWakeEthread,                      // (ethread): make its kIdle or kStandBy return
  kLog,                              // (address, length): diagnostic text for the runner's stderr
  kReceive,        // (token, descriptor, bytes): receive so many bytes more of this stream ahead, as Arrivals
  kOpenAndLook,    // (directory, path, flags, mode, answer, size): openat(2), then fills in an OpenAnswer
  kStopReceiving,  // (token): no more Arrivals of this stream; what came before is answered by 0
  kStopProcess,    // (signal): stop as by SIGTSTP and its like without a handler; 0 when continued
};

// A system call that travels with the next exit, whatever that is for. The host performs them in order before it does anything else.
struct PostedCall {
  uint64_t number;  // of Linux or RunnerCall, and kPostedLinked
  uint64_t args[6];
  int64_t result;   // enclave: what it expects, or kPostedAwaited; host: as the kernel returns it
};
inline constexpr uint32_t kMaxPosted = 256;
// Performed only if the call before it gave what was expected of it; otherwise its result is -ECANCELED.
inline constexpr uint64_t kPostedLinked = uint64_t{1} << 63;
// A thread waits for the result. After such a call, and after an unexpected result, kIdle does not sleep.
inline constexpr int64_t kPostedAwaited = INT64_MIN;

// What kOpenAndLook leaves for the enclave, the result being openat's: attributes, and the contents of a regular file opened for reading if
// they fit behind it.
struct OpenAnswer {
  uint64_t stat[18];      // struct stat
  int64_t content_size;   // bytes that follow; -1: not read
  uint64_t reserved;
};

// Bytes of a stream that were received ahead of the program's asking.
struct Arrival {
  uint64_t token;   // as given with kReceive
  int64_t result;   // bytes; 0: the end; -errno
  uint64_t buffer;  // number of the receive buffer that holds them, which is the enclave's until it gives it back
};
inline constexpr uint32_t kMaxArrivals = 256;
inline constexpr uint64_t kReceiveBufferSize = 16 << 10;
inline constexpr uint32_t kReceiveBuffers = 1024;

// A readiness event of a host descriptor, from the master epoll.
struct ReadyEvent {
  uint64_t token;   // as registered by the enclave
  uint64_t events;  // EPOLL*
};
inline constexpr uint32_t kMaxReadyEvents = 256;

// One per ethread. Written by the enclave before EEXIT, by the host before EENTER.
struct EthreadArea {
  uint64_t exit_reason;       // ExitReason
  uint64_t call_number;       // Linux system-call number or RunnerCall
  uint64_t call_args[6];
  int64_t call_result;        // host: as the kernel returns it
  uint64_t idle_deadline_ns;  // kIdle: CLOCK_MONOTONIC; 0: only collect events; UINT64_MAX: none
  uint64_t exit_status;       // kExit, kAbort: code << 8, or the signal number, as in wait(2)
  uint64_t event_count;       // host, after kIdle: how many of events[] it filled
  uint64_t posted_count;      // enclave: how many of posted[] it filled
  uint64_t arrival_count;     // host: how many of arrivals[] it filled
  uint64_t returned_count;    // enclave: how many of returned[] it filled
  uint64_t arrivals_taken;    // enclave: how many arrivals of this ethread it has dealt with so far
  ReadyEvent events[kMaxReadyEvents];
  PostedCall posted[kMaxPosted];
  Arrival arrivals[kMaxArrivals];
  uint64_t returned[kMaxArrivals];  // numbers of receive buffers given back
  uint64_t waited_cycles;  // host, after kIdle: for how long (TSC) it had nothing to do but wait; a hint
  uint64_t idle_alone;     // enclave, with kIdle: nobody else waits for results that are as expected
  uint64_t reserved[6];
};

// A system call performed by a helper thread ("slot" of the paper).
struct Slot {
  uint64_t call_number;
  uint64_t call_args[6];
  int64_t call_result;
  uint64_t state;       // SlotState; the host's own business, the enclave has a private one
  uint64_t generation;  // echoes in the completion
  uint64_t reserved[6];
};
enum class SlotState : uint64_t { kFree = 0, kPosted = 1, kRunning = 2 };

// A completion: the host appends at tail, the enclave consumes at its own (private) head.
// value = generation << 16 | slot; written last, with release order.
struct Completion {
  uint64_t sequence;  // position + 1: tells a fresh entry from an old one
  uint64_t value;
};

// TSC-to-clock conversion: ns = base_ns + ((tsc - base_tsc) * multiplier >> 32).
// sequence is odd while the host updates it.
struct TimePage {
  uint64_t sequence;
  uint64_t base_tsc;
  uint64_t multiplier;
  uint64_t monotonic_ns;
  uint64_t realtime_ns;
  uint64_t boottime_ns;
  uint64_t reserved[2];
};

// The runner's signal for a lease that somebody else waits for (fcntl(2), F_SETSIG); the program's is not sent from outside.
inline constexpr uint64_t kLeaseSignal = 61;

// Host memory shared by all ethreads.
struct SharedArea {
  TimePage time;
  uint64_t pending_signals;   // host: bit n-1: signal n arrived; the enclave exchanges it with 0
  uint64_t helpers_polling;   // host's hint: helper threads that look at requests without being woken
  uint64_t request_tail;      // enclave: requests posted so far
  uint64_t
      leases_wanted;  // host: somebody wants a file of which the enclave has a lease; the enclave exchanges it with 0
  uint64_t reserved[4];
  uint64_t requests[kSlots];  // position % kSlots: generation << 16 | slot
  Slot slots[kSlots];
  Completion completions[kSlots];
};

enum StartFlags : uint64_t {
  kFlagTrace = 1,    // write a line per system call
  kFlagStats = 2,    // fill StatsBlock at exit
  kFlagNoRewrite = 4,// leave every syscall instruction to the trap (tests)
  kFlagThreadsEngine = 8,  // forward through slots and helper threads
  kFlagBatched = 16,       // calls may be posted, to be performed together with the next exit
  kFlagReceiveAhead = 32,  // streams may be received ahead (kReceive)
};

// Everything the enclave learns at its first entry. Copied once, then validated.
struct StartInfo {
  uint64_t version;       // kBorderVersion
  uint64_t enclave_size;
  uint64_t ethreads;      // how many the host will start, <= kMaxEthreads
  uint64_t flags;         // StartFlags
  uint64_t heap_limit;    // bytes the program may commit
  uint64_t shared_area;   // SharedArea
  uint64_t ethread_areas; // EthreadArea[ethreads]
  uint64_t arena;         // host memory for call arguments, at least 1 MiB
  uint64_t arena_size;
  uint64_t strings;       // program path, argv, envp: argc + envc + 1 NUL-terminated strings
  uint64_t strings_size;
  uint64_t argc;
  uint64_t envc;
  uint64_t pid;
  uint64_t ppid;
  uint64_t uid, euid, gid, egid;
  uint64_t epoll_fd;      // the master epoll
  uint64_t stats;         // StatsBlock
  uint64_t cpuid;         // CpuidEntry[cpuid_count]
  uint64_t cpuid_count;
  uint64_t receive_buffers;  // kReceiveBuffers of kReceiveBufferSize bytes
  // The start-up configuration (SCF): the encrypted file, and the key to it. With one, strings[] is ignored. Until an attested
  // channel delivers both, the runner does, so the key protects from everybody but the host. All 0: there is none.
  uint64_t scf;
  uint64_t scf_size;
  uint64_t scf_key;       // the enclave overwrites it with zeros
  uint64_t scf_key_size;  // kScfKeySize
};
inline constexpr uint64_t kScfKeySize = 32;
inline constexpr uint64_t kMaxScfSize = 2 << 20;

// CPUID traps inside an enclave; what the host's CPU says is handed in. Untrusted.
struct CpuidEntry {
  uint32_t leaf, subleaf;
  uint32_t eax, ebx, ecx, edx;
};

inline constexpr uint32_t kStatsCalls = 512;
// Counters for --stats, written once at exit.
struct StatsBlock {
  uint64_t served_inside[kStatsCalls];
  uint64_t forwarded[kStatsCalls];
  uint64_t trapped[kStatsCalls];
  uint64_t sites_rewritten;
  uint64_t sites_trapping;
  uint64_t exits;
  uint64_t exceptions;
  uint64_t ticks;
  uint64_t switches;
  uint64_t page_faults;
  uint64_t program_pages;  // committed now
};

static_assert(sizeof(EthreadArea) == 192 + 16 * kMaxReadyEvents + 64 * kMaxPosted + 32 * kMaxArrivals &&
              sizeof(Slot) == 128 && sizeof(CpuidEntry) == 24);

}  // namespace scone::abi
