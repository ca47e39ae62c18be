// The attacks are a table at the end: a name and what it does at one of the runner's hooks.
#include "host/runner/hostile.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <charconv>
#include <cstring>

#include "abi/layout.h"

namespace scone::host {
namespace {

using Arguments = const uint64_t (&)[6];

constexpr uint64_t kInsideEnclave = abi::kProgramBegin;

struct Attack {
  std::string_view name;
  int64_t (*call)(uint64_t number, Arguments arguments, int64_t honest) = nullptr;
  bool (*concerns)(uint64_t number) = nullptr;  // which calls; others are answered honestly
  uint64_t (*completion)(uint64_t honest) = nullptr;
  void (*start)(abi::StartInfo& start) = nullptr;
  void (*events)(abi::EthreadArea& area) = nullptr;
  void (*arrivals)(abi::EthreadArea& area) = nullptr;
  void (*time)(abi::TimePage& page) = nullptr;
};

const Attack* g_attack = nullptr;
std::atomic<int64_t> g_honest_left{0};  // opportunities to let pass
uint64_t g_master_epoll = 0;
uint64_t g_shared_area = 0;

template <typename T>
T& host_memory(uint64_t address) {
  // SAFETY: an address in the arena, which the enclave gave as argument for the kernel to write to.
  return *reinterpret_cast<T*>(address);
}

template <uint64_t... kNumbers>
bool any_of(uint64_t number) {
  return ((number == kNumbers) || ...);
}
bool any_call(uint64_t number) {
  return number < abi::kRunnerCallBase || number == static_cast<uint64_t>(abi::RunnerCall::kOpenAndLook);
}
bool any_page_call(uint64_t number) {
  return number == static_cast<uint64_t>(abi::RunnerCall::kRestrictPages) ||
         number == static_cast<uint64_t>(abi::RunnerCall::kTrimPages) ||
         number == static_cast<uint64_t>(abi::RunnerCall::kRemovePages);
}
constexpr auto any_read = any_of<SYS_read, SYS_pread64, SYS_recvfrom, SYS_getdents64>;
constexpr auto any_write = any_of<SYS_write, SYS_pwrite64, SYS_sendto>;
constexpr uint64_t kOpenAndLook = static_cast<uint64_t>(abi::RunnerCall::kOpenAndLook);
constexpr uint64_t kReceive = static_cast<uint64_t>(abi::RunnerCall::kReceive);
constexpr auto any_new_fd = any_of<SYS_openat, SYS_socket, SYS_accept4, kOpenAndLook>;
constexpr auto any_stat = any_of<SYS_fstat, SYS_newfstatat, kOpenAndLook>;
constexpr auto any_stream_call = any_of<SYS_sendto, SYS_sendfile, SYS_shutdown, kReceive>;

// Answers that are the same whatever was asked.
template <int64_t kAnswer>
int64_t always(uint64_t, Arguments, int64_t) {
  return kAnswer;
}
template <int64_t kAnswer>
int64_t if_successful(uint64_t, Arguments, int64_t honest) {
  return honest < 0 ? honest : kAnswer;
}

// One more than the buffer holds; it is the third argument of all these calls.
int64_t one_more(uint64_t, Arguments arguments, int64_t honest) {
  return honest < 0 ? honest : static_cast<int64_t>(arguments[2] + 1);
}
int64_t longer_path(uint64_t number, Arguments arguments, int64_t honest) {
  return honest < 0 ? honest : static_cast<int64_t>((number == SYS_getcwd ? arguments[1] : arguments[3]) + 1);
}
int64_t unterminated_path(uint64_t, Arguments arguments, int64_t honest) {
  if (honest > 0) memset(&host_memory<char>(arguments[0]), 'A', static_cast<size_t>(honest));
  return honest;
}

// Descriptors.
int64_t first_again(uint64_t, Arguments, int64_t honest) {
  static std::atomic<int64_t> first{-1};
  int64_t none = -1;
  if (honest < 0 || first.compare_exchange_strong(none, honest)) return honest;
  return first.load();
}
int64_t master_epoll(uint64_t, Arguments, int64_t honest) {
  return honest < 0 ? honest : static_cast<int64_t>(g_master_epoll);
}

// File attributes.
template <auto kChange>
int64_t change_stat(uint64_t number, Arguments arguments, int64_t honest) {
  if (honest >= 0)
    kChange(host_memory<struct stat>(arguments[number == kOpenAndLook ? 4 : number == SYS_fstat ? 1 : 2]));
  return honest;
}
constexpr auto change_size = [](struct stat& status) { status.st_size = -1; };
constexpr auto change_all = [](struct stat& status) { memset(&status, 0xff, sizeof status); };
constexpr auto change_type = [](struct stat& status) { status.st_mode |= S_IFMT; };

// More contents than there was room for, of a file that is as large.
int64_t long_content(uint64_t, Arguments arguments, int64_t honest) {
  if (honest < 0) return honest;
  auto& answer = host_memory<abi::OpenAnswer>(arguments[4]);
  answer.content_size = int64_t{1} << 40;
  reinterpret_cast<struct stat&>(answer.stat).st_size = answer.content_size;
  return honest;
}
// One more than was to be sent.
int64_t sent_one_more(uint64_t number, Arguments arguments, int64_t honest) {
  return honest < 0 ? honest : static_cast<int64_t>(arguments[number == SYS_sendfile ? 3 : 2] + 1);
}

// Directory records: 8 bytes inode, 8 bytes position, 2 bytes length, 1 byte type, name.
template <auto kChange>
int64_t change_entry(uint64_t, Arguments arguments, int64_t honest) {
  if (honest > 19) kChange(&host_memory<char>(arguments[1]), honest);
  return honest;
}
void set_record_length(char* record, uint16_t length) { memcpy(record + 16, &length, sizeof length); }
constexpr auto no_length = [](char* record, int64_t) { set_record_length(record, 0); };
constexpr auto long_length = [](char* record, int64_t) { set_record_length(record, 0xfff8); };
constexpr auto odd_length = [](char* record, int64_t) { set_record_length(record, 21); };
constexpr auto no_end_of_name = [](char* record, int64_t size) {
  memset(record + 19, 'A', static_cast<size_t>(size) - 19);
};

// Sockets.
int64_t long_address(uint64_t, Arguments arguments, int64_t honest) {
  if (honest >= 0 && arguments[2]) host_memory<uint32_t>(arguments[2]) = 0x7fffffff;
  return honest;
}
int64_t long_option(uint64_t, Arguments arguments, int64_t honest) {
  if (honest >= 0) host_memory<uint32_t>(arguments[4]) = 0x7fffffff;
  return honest;
}
template <auto kChange>
int64_t change_message(uint64_t, Arguments arguments, int64_t honest) {
  if (honest >= 0) kChange(host_memory<msghdr>(arguments[1]));
  return honest;
}
constexpr auto long_name = [](msghdr& message) { message.msg_namelen = 0x7fffffff; };
constexpr auto long_control = [](msghdr& message) { message.msg_controllen = size_t{1} << 40; };
constexpr auto no_control_length = [](msghdr& message) {
  if (cmsghdr* header = CMSG_FIRSTHDR(&message)) header->cmsg_len = 0;
};
constexpr auto long_control_record = [](msghdr& message) {
  if (cmsghdr* header = CMSG_FIRSTHDR(&message)) header->cmsg_len = size_t{1} << 40;
};
constexpr auto pointers_inside = [](msghdr& message) {
  // SAFETY: never followed by the runner.
  message.msg_control = reinterpret_cast<void*>(kInsideEnclave);
  message.msg_iov = reinterpret_cast<iovec*>(kInsideEnclave);
  message.msg_name = reinterpret_cast<void*>(kInsideEnclave);
};
constexpr auto standard_descriptors = [](msghdr& message) {
  cmsghdr* header = CMSG_FIRSTHDR(&message);
  if (header && header->cmsg_type == SCM_RIGHTS) memset(CMSG_DATA(header), 0, header->cmsg_len - CMSG_LEN(0));
};

// Signals that nobody sent, with every answer.
int64_t all_signals(uint64_t, Arguments, int64_t honest) {
  __atomic_store_n(&host_memory<abi::SharedArea>(g_shared_area).pending_signals, UINT64_MAX,
                   __ATOMIC_RELEASE);
  return honest;
}

// Leases that everybody seems to want, with every answer; and locks that are not to be had, above all when a lease is given back.
int64_t want_leases(uint64_t, Arguments, int64_t honest) {
  __atomic_store_n(&host_memory<abi::SharedArea>(g_shared_area).leases_wanted, 1, __ATOMIC_RELEASE);
  return honest;
}
int64_t refuse_locks(uint64_t number, Arguments arguments, int64_t honest) {
  if (arguments[1] != F_SETLK) return honest;
  return want_leases(number, arguments, -EAGAIN);
}

// Completions.
uint64_t slot_beyond(uint64_t honest) { return (honest & ~uint64_t{0xffff}) | abi::kSlots; }
uint64_t other_slot(uint64_t honest) { return honest ^ 0x80; }
uint64_t old_generation(uint64_t honest) { return honest - (1 << 16); }
uint64_t first_completion_again(uint64_t honest) {
  static std::atomic<uint64_t> first{0};
  uint64_t none = 0;
  return first.compare_exchange_strong(none, honest) ? honest : first.load();
}

// The start.
template <auto kField, uint64_t kValue>
void set_start(abi::StartInfo& start) {
  start.*kField = kValue;
}
void misaligned_area(abi::StartInfo& start) { start.shared_area += 1; }
void arena_over_the_end(abi::StartInfo& start) { start.arena_size = UINT64_MAX - 7; }
void strings_without_end(abi::StartInfo& start) {
  memset(&host_memory<char>(start.strings), 'A', start.strings_size);
}
void more_arguments(abi::StartInfo& start) { start.argc += 1000; }
// A start-up configuration and its key where they cannot be. The enclave must refuse before it reads any of it.
constexpr uint64_t kHonestKey = uint64_t{1} << 46;  // outside, aligned, not even mapped
template <uint64_t address, uint64_t size, uint64_t key, uint64_t key_size>
void start_scf(abi::StartInfo& start) {
  start.scf = address;
  start.scf_size = size;
  start.scf_key = key;
  start.scf_key_size = key_size;
}

// Events.
void many_events(abi::EthreadArea& area) { area.event_count = UINT64_MAX; }
// Behind the honest ones: an event withheld only makes the program wait, which a host can always do.
void forged_tokens(abi::EthreadArea& area) {
  static constexpr uint64_t kTokens[] = {
      0, 1, 2, 3, kInsideEnclave, UINT64_MAX, uint64_t{1} << 32, 0x4141414141414141};
  for (uint64_t token : kTokens)
    if (area.event_count < abi::kMaxReadyEvents) area.events[area.event_count++] = {token, UINT64_MAX};
}
void waited_for_ages(abi::EthreadArea& area) { area.waited_cycles = UINT64_MAX; }

// Arrivals. An attack changes the last one, or adds one behind.
template <auto kChange>
void change_arrival(abi::EthreadArea& area) {
  if (area.arrival_count > 0) kChange(area.arrivals[area.arrival_count - 1]);
}
constexpr auto longer_than_buffer = [](abi::Arrival& arrival) {
  arrival.result = static_cast<int64_t>(abi::kReceiveBufferSize + 1);
};
constexpr auto huge_arrival = [](abi::Arrival& arrival) { arrival.result = INT64_MAX; };
constexpr auto buffer_out_of_range = [](abi::Arrival& arrival) {
  if (arrival.result > 0) arrival.buffer = abi::kReceiveBuffers;
};
constexpr auto buffer_far_out = [](abi::Arrival& arrival) {
  if (arrival.result > 0) arrival.buffer = uint64_t{1} << 60;
};
constexpr auto below_errno = [](abi::Arrival& arrival) { arrival.result = -4096; };
constexpr auto most_negative = [](abi::Arrival& arrival) { arrival.result = INT64_MIN; };
constexpr auto arrival_restart_code = [](abi::Arrival& arrival) { arrival.result = -512; };
void many_arrivals(abi::EthreadArea& area) { area.arrival_count = UINT64_MAX; }
void buffer_twice(abi::EthreadArea& area) {
  if (area.arrival_count == 0 || area.arrival_count == abi::kMaxArrivals) return;
  const abi::Arrival& last = area.arrivals[area.arrival_count - 1];
  if (last.result > 0) area.arrivals[area.arrival_count++] = last;
}
// Twice as many buffers as any stream asks for, each another one.
void not_asked_for(abi::EthreadArea& area) {
  if (area.arrival_count == 0) return;
  const abi::Arrival last = area.arrivals[area.arrival_count - 1];
  if (last.result <= 0) return;
  for (uint64_t i = 0; i < 40 && area.arrival_count < abi::kMaxArrivals; ++i)
    area.arrivals[area.arrival_count++] = {last.token, 1, abi::kReceiveBuffers - 1 - i};
}
void unknown_tokens(abi::EthreadArea& area) {
  static constexpr uint64_t kTokens[] = {
      0, 1, kInsideEnclave, UINT64_MAX, uint64_t{1} << 32, 0x4141414141414141};
  static std::atomic<uint64_t> buffer{abi::kReceiveBuffers / 2};
  for (uint64_t token : kTokens) {
    if (area.arrival_count >= abi::kMaxArrivals - 2) return;
    area.arrivals[area.arrival_count++] = {token, 0, 0};
    // Buffers that lie deep in the honest part's stock, so that it does not give them out twice.
    if (buffer < abi::kReceiveBuffers) area.arrivals[area.arrival_count++] = {token, 100, buffer++};
  }
}

// Time. The page's sequence is left even: what is in it looks like any other update.
void backwards(abi::TimePage& page) {
  static std::atomic<uint64_t> updates{0};
  if (updates++ % 2) page.monotonic_ns -= 100'000'000;
}
void twice_as_fast(abi::TimePage& page) { page.multiplier *= 2; }
void never_even(abi::TimePage& page) { page.sequence |= 1; }

using Start = abi::StartInfo;

constexpr Attack kAttacks[] = {
    {.name = "result-below-errno", .call = always<-4096>, .concerns = any_call},
    {.name = "result-most-negative", .call = always<INT64_MIN>, .concerns = any_call},
    {.name = "restart-code", .call = always<-512>, .concerns = any_call},
    {.name = "read-one-more", .call = one_more, .concerns = any_read},
    {.name = "read-huge", .call = if_successful<INT64_MAX>, .concerns = any_read},
    {.name = "write-one-more", .call = one_more, .concerns = any_write},
    {.name = "write-huge", .call = if_successful<INT64_MAX>, .concerns = any_write},
    {.name = "path-longer", .call = longer_path, .concerns = any_of<SYS_getcwd, SYS_readlinkat>},
    {.name = "path-unterminated", .call = unterminated_path, .concerns = any_of<SYS_getcwd>},
    {.name = "fd-again", .call = first_again, .concerns = any_new_fd},
    {.name = "fd-of-stdout", .call = if_successful<1>, .concerns = any_new_fd},
    {.name = "fd-huge", .call = if_successful<INT64_MAX>, .concerns = any_new_fd},
    {.name = "fd-beyond-int", .call = if_successful<(int64_t{1} << 32) + 5>, .concerns = any_new_fd},
    {.name = "fd-of-master-epoll", .call = master_epoll, .concerns = any_new_fd},
    {.name = "stat-negative-size", .call = change_stat<change_size>, .concerns = any_stat},
    {.name = "stat-all-ones", .call = change_stat<change_all>, .concerns = any_stat},
    {.name = "stat-impossible-type", .call = change_stat<change_type>, .concerns = any_stat},
    {.name = "entry-without-length", .call = change_entry<no_length>, .concerns = any_of<SYS_getdents64>},
    {.name = "entry-too-long", .call = change_entry<long_length>, .concerns = any_of<SYS_getdents64>},
    {.name = "entry-odd-length", .call = change_entry<odd_length>, .concerns = any_of<SYS_getdents64>},
    {.name = "entry-unterminated", .call = change_entry<no_end_of_name>, .concerns = any_of<SYS_getdents64>},
    {.name = "seek-negative", .call = always<-4000>, .concerns = any_of<SYS_lseek>},
    {.name = "address-too-long",
     .call = long_address,
     .concerns = any_of<SYS_accept4, SYS_getsockname, SYS_getpeername>},
    {.name = "option-too-long", .call = long_option, .concerns = any_of<SYS_getsockopt>},
    {.name = "message-name-too-long", .call = change_message<long_name>, .concerns = any_of<SYS_recvmsg>},
    {.name = "message-control-too-long",
     .call = change_message<long_control>,
     .concerns = any_of<SYS_recvmsg>},
    {.name = "message-control-without-length",
     .call = change_message<no_control_length>,
     .concerns = any_of<SYS_recvmsg>},
    {.name = "message-control-record-too-long",
     .call = change_message<long_control_record>,
     .concerns = any_of<SYS_recvmsg>},
    {.name = "message-pointers-inside",
     .call = change_message<pointers_inside>,
     .concerns = any_of<SYS_recvmsg>},
    {.name = "message-standard-descriptors",
     .call = change_message<standard_descriptors>,
     .concerns = any_of<SYS_recvmsg>},
    {.name = "signals-all", .call = all_signals, .concerns = any_call},
    {.name = "leases-wanted-always", .call = want_leases, .concerns = any_call},
    {.name = "locks-refused", .call = refuse_locks, .concerns = any_of<SYS_fcntl>},
    {.name = "posted-write-more-than-given", .call = one_more, .concerns = any_of<SYS_pwrite64>},
    {.name = "pages-refused", .call = always<-1>, .concerns = any_page_call},
    {.name = "completion-slot-beyond", .completion = slot_beyond},
    {.name = "completion-other-slot", .completion = other_slot},
    {.name = "completion-old-generation", .completion = old_generation},
    {.name = "completion-twice", .completion = first_completion_again},
    {.name = "start-other-version", .start = set_start<&Start::version, 999>},
    {.name = "start-many-ethreads", .start = set_start<&Start::ethreads, 1000>},
    {.name = "start-no-ethreads", .start = set_start<&Start::ethreads, 0>},
    {.name = "start-shared-area-inside", .start = set_start<&Start::shared_area, kInsideEnclave>},
    {.name = "start-shared-area-misaligned", .start = misaligned_area},
    {.name = "start-ethread-areas-inside", .start = set_start<&Start::ethread_areas, kInsideEnclave>},
    {.name = "start-arena-inside", .start = set_start<&Start::arena, kInsideEnclave>},
    {.name = "start-arena-wraps", .start = arena_over_the_end},
    {.name = "start-strings-inside", .start = set_start<&Start::strings, kInsideEnclave>},
    {.name = "start-strings-without-end", .start = strings_without_end},
    {.name = "start-more-arguments", .start = more_arguments},
    {.name = "start-stats-inside", .start = set_start<&Start::stats, kInsideEnclave>},
    {.name = "start-cpuid-inside", .start = set_start<&Start::cpuid, kInsideEnclave>},
    {.name = "start-scf-inside", .start = start_scf<kInsideEnclave, 4096, kHonestKey, abi::kScfKeySize>},
    {.name = "start-scf-wraps", .start = start_scf<UINT64_MAX - 4096, 8192, kHonestKey, abi::kScfKeySize>},
    {.name = "start-scf-huge",
     .start = start_scf<uint64_t{1} << 46, uint64_t{1} << 40, kHonestKey, abi::kScfKeySize>},
    {.name = "start-scf-key-inside",
     .start = start_scf<uint64_t{1} << 46, 4096, kInsideEnclave, abi::kScfKeySize>},
    {.name = "start-scf-key-misaligned",
     .start = start_scf<uint64_t{1} << 46, 4096, kHonestKey + 1, abi::kScfKeySize>},
    {.name = "start-scf-key-short", .start = start_scf<uint64_t{1} << 46, 4096, kHonestKey, 8>},
    {.name = "start-scf-without-key", .start = start_scf<uint64_t{1} << 46, 4096, 0, 0>},
    {.name = "start-scf-key-alone", .start = start_scf<0, 0, kHonestKey, abi::kScfKeySize>},
    {.name = "start-larger-enclave", .start = set_start<&Start::enclave_size, uint64_t{1} << 46>},
    {.name = "events-many", .events = many_events},
    {.name = "events-forged", .events = forged_tokens},
    {.name = "waited-for-ages", .events = waited_for_ages},
    {.name = "open-content-too-long", .call = long_content, .concerns = any_of<kOpenAndLook>},
    {.name = "posted-send-more-than-given",
     .call = sent_one_more,
     .concerns = any_of<SYS_sendto, SYS_sendfile>},
    {.name = "posted-result-below-errno", .call = always<-4096>, .concerns = any_stream_call},
    {.name = "posted-result-most-negative", .call = always<INT64_MIN>, .concerns = any_stream_call},
    {.name = "posted-restart-code", .call = always<-512>, .concerns = any_stream_call},
    {.name = "start-receive-buffers-inside", .start = set_start<&Start::receive_buffers, kInsideEnclave>},
    {.name = "arrival-unknown-token", .arrivals = unknown_tokens},
    {.name = "arrival-longer-than-buffer", .arrivals = change_arrival<longer_than_buffer>},
    {.name = "arrival-huge", .arrivals = change_arrival<huge_arrival>},
    {.name = "arrival-buffer-out-of-range", .arrivals = change_arrival<buffer_out_of_range>},
    {.name = "arrival-buffer-far-out", .arrivals = change_arrival<buffer_far_out>},
    {.name = "arrival-buffer-twice", .arrivals = buffer_twice},
    {.name = "arrival-not-asked-for", .arrivals = not_asked_for},
    {.name = "arrival-result-below-errno", .arrivals = change_arrival<below_errno>},
    {.name = "arrival-result-most-negative", .arrivals = change_arrival<most_negative>},
    {.name = "arrival-restart-code", .arrivals = change_arrival<arrival_restart_code>},
    {.name = "arrivals-many", .arrivals = many_arrivals},
    {.name = "time-backwards", .time = backwards},
    {.name = "time-twice-as-fast", .time = twice_as_fast},
    {.name = "time-never-even", .time = never_even},
};

bool is_opportunity() { return g_honest_left.fetch_sub(1, std::memory_order_relaxed) <= 0; }

}  // namespace

bool choose_attack(std::string_view text) {
  const size_t at = text.find('@');
  if (at != std::string_view::npos) {
    int64_t honest = 0;
    const std::string_view digits = text.substr(at + 1);
    if (std::from_chars(digits.data(), digits.data() + digits.size(), honest).ec != std::errc{}) return false;
    g_honest_left.store(honest);
  }
  const auto found = std::ranges::find(kAttacks, text.substr(0, at), &Attack::name);
  if (found == std::ranges::end(kAttacks)) return false;
  g_attack = found;
  return true;
}

int64_t tamper(uint64_t number, Arguments arguments, int64_t honest_result) {
  if (!g_attack || !g_attack->call || !g_attack->concerns(number) || !is_opportunity()) return honest_result;
  return g_attack->call(number, arguments, honest_result);
}

uint64_t tamper_completion(uint64_t honest_value) {
  if (!g_attack || !g_attack->completion || !is_opportunity()) return honest_value;
  return g_attack->completion(honest_value);
}

void tamper_start(abi::StartInfo& start) {
  g_master_epoll = start.epoll_fd;
  g_shared_area = start.shared_area;
  if (g_attack && g_attack->start) g_attack->start(start);
}

void tamper_events(abi::EthreadArea& area) {
  if (g_attack && g_attack->events && is_opportunity()) g_attack->events(area);
}

void tamper_arrivals(abi::EthreadArea& area) {
  if (g_attack && g_attack->arrivals && is_opportunity()) g_attack->arrivals(area);
}

void tamper_time(abi::TimePage& page) {
  if (g_attack && g_attack->time && is_opportunity()) g_attack->time(page);
}

}  // namespace scone::host
