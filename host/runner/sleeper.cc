#include "host/runner/sleeper.h"

#include <linux/futex.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>

#include "host/runner/hostile.h"

namespace scone::host {
namespace {

uint64_t now_ns() {
  timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return static_cast<uint64_t>(time.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(time.tv_nsec);
}

timespec to_timespec(uint64_t ns) {
  return {static_cast<time_t>(ns / 1'000'000'000), static_cast<long>(ns % 1'000'000'000)};
}

// Time until the deadline; nullptr: for ever.
const timespec* remaining(uint64_t deadline_ns, timespec& storage) {
  if (deadline_ns == UINT64_MAX) return nullptr;
  const uint64_t now = deadline_ns == 0 ? 0 : now_ns();
  storage = to_timespec(deadline_ns > now ? deadline_ns - now : 0);
  return &storage;
}

// Looking for events takes less when there are some.
constexpr uint64_t kLookCycles = 10'000;

int wait_epoll(int epoll, epoll_event* events, int count, const timespec* timeout) {
  static std::atomic<bool> no_pwait2{false};
  if (!no_pwait2.load(std::memory_order_relaxed)) {
    const long result = syscall(SYS_epoll_pwait2, epoll, events, count, timeout, nullptr, 0);
    if (result >= 0 || errno != ENOSYS) return static_cast<int>(result);
    no_pwait2.store(true);
  }
  // Before Linux 5.11: whole milliseconds, rounded up.
  const int ms = timeout ? static_cast<int>(timeout->tv_sec * 1000 + (timeout->tv_nsec + 999'999) / 1'000'000) : -1;
  return epoll_wait(epoll, events, count, ms);
}

}  // namespace

Result<void> Sleeper::create(Sleeper& sleeper) {
  sleeper.epoll_ = epoll_create1(EPOLL_CLOEXEC);
  sleeper.event_ = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (sleeper.epoll_ < 0 || sleeper.event_ < 0) return Errno(errno);
  epoll_event event{.events = EPOLLIN, .data = {.u64 = kOwnToken}};
  if (epoll_ctl(sleeper.epoll_, EPOLL_CTL_ADD, sleeper.event_, &event) != 0) return Errno(errno);
  return ok();
}

Sleeper::~Sleeper() {
  if (epoll_ >= 0) close(epoll_);
  if (event_ >= 0) close(event_);
}

void Sleeper::poll_events(unsigned number, uint64_t deadline_ns, abi::EthreadArea& area) {
  timespec storage;
  collect(number, remaining(deadline_ns, storage), area);
  Patience& patience = beds_[number].patience;
  if (!patient_ || deadline_ns == 0 || !patience.pays(area.arrival_count)) return;
  const uint64_t before = area.arrival_count;
  const timespec nap{0, Patience::kNapNs};
  const timespec no_time{0, 0};
  nanosleep(&nap, nullptr);
  collect(number, &no_time, area);
  patience.learn(area.arrival_count - before);
}

// The poller's only: another ethread that looks for events in passing would take the wake-up from it, and it would sleep on.
void Sleeper::take_wake_up(unsigned number) {
  if (poller_.load() != number) return;
  uint64_t value;
  (void)!read(event_, &value, sizeof value);
}

// Adds to what is in the area already.
void Sleeper::collect(unsigned number, const timespec* timeout, abi::EthreadArea& area) {
  looks_.fetch_add(1, std::memory_order_relaxed);
  const timespec no_time{0, 0};
  if (receiver_ && receiver_->waits()) {
    if (!receiver_->wait(timeout, area)) return tamper_events(area);
    timeout = &no_time;
  }
  epoll_event events[abi::kMaxReadyEvents];
  uint64_t filled = area.event_count;
  const int room = static_cast<int>(abi::kMaxReadyEvents - filled);
  if (room == 0) return;
  const int count = wait_epoll(epoll_, events, room, timeout);
  for (int i = 0; i < count; ++i) {
    if (events[i].data.u64 == kOwnToken) {
      take_wake_up(number);
      continue;
    }
    const uint32_t told = receiver_ ? receiver_->on_event(events[i], number, area) : events[i].events;
    if (told) area.events[filled++] = {.token = events[i].data.u64, .events = told};
  }
  area.event_count = filled;
  tamper_events(area);
}

void Sleeper::sleep(unsigned number, uint64_t deadline_ns, abi::EthreadArea& area) {
  area.event_count = 0;
  area.waited_cycles = 0;
  // Whoever asked for more of a stream looks for it: the poller may be asleep already.
  if (receiver_ && receiver_->before_wait(number, area)) deadline_ns = 0;
  wait_for_events(number, deadline_ns, area);
  tamper_arrivals(area);
}

void Sleeper::wait_for_events(unsigned number, uint64_t deadline_ns, abi::EthreadArea& area) {
  if (deadline_ns == 0) return poll_events(number, 0, area);
  const uint64_t start = __builtin_ia32_rdtsc();
  Bed& bed = beds_[number];
  bed.asleep.store(true);
  if (unseen_.exchange(false)) bed.token.store(kWakeUp);
  unsigned nobody = kNobody;
  if (poller_.compare_exchange_strong(nobody, number)) {
    // A wake-up between here and the wait reaches us through event_, as we are the poller now.
    poll_events(number, bed.token.load() == kWakeUp ? 0 : deadline_ns, area);
    poller_.store(kNobody);
    rouse_watchers();
  } else {
    timespec storage;
    nap(bed, remaining(deadline_ns, storage));
  }
  bed.asleep.store(false);
  bed.token.store(kNothing);
  const uint64_t waited = __builtin_ia32_rdtsc() - start;
  if (waited > kLookCycles) area.waited_cycles = waited;
}

// True: there is a wake-up, which is left where it is.
bool Sleeper::nap(Bed& bed, const timespec* timeout) {
  if (bed.token.load() == kNothing)
    syscall(SYS_futex, &bed.token, FUTEX_WAIT_PRIVATE, kNothing, timeout, nullptr, 0);
  return bed.token.load() == kWakeUp;
}

void Sleeper::stand_by(unsigned number, abi::EthreadArea& area) {
  // As in sleep(): what it asked for it must bring itself.
  if (receiver_ && receiver_->before_wait(number, area)) return tamper_arrivals(area);
  Bed& bed = beds_[number];
  bed.asleep.store(true);
  if (unseen_.exchange(false)) bed.token.store(kWakeUp);
  const timespec watch = to_timespec(kWatchNs);
  for (;;) {
    uint32_t again = kWatchAgain;
    bed.token.compare_exchange_strong(again, kNothing);
    const uint64_t looks = looks_.load();
    if (nap(bed, &watch)) break;
    if (looks_.load() != looks) continue;
    if (poller_.load() == kNobody) break;
    sleep_while_quiet(bed, looks);
  }
  bed.asleep.store(false);
  bed.token.store(kNothing);
}

// Nothing happens: not worth a look every few milliseconds, until the poller has something to do.
void Sleeper::sleep_while_quiet(Bed& bed, uint64_t looks) {
  // Either the poller sees this, or this sees that it is not asleep any more.
  resting_.fetch_add(1);
  if (poller_.load() != kNobody && looks_.load() == looks) nap(bed, nullptr);
  resting_.fetch_sub(1);
}

void Sleeper::rouse_watchers() {
  if (resting_.load() == 0) return;
  for (Bed& bed : beds_) {
    uint32_t nothing = kNothing;
    if (bed.asleep.load() && bed.token.compare_exchange_strong(nothing, kWatchAgain))
      syscall(SYS_futex, &bed.token, FUTEX_WAKE_PRIVATE, 1, nullptr, nullptr, 0);
  }
}

void Sleeper::wake(unsigned number) {
  const int saved = errno;
  beds_[number].token.store(kWakeUp);
  if (poller_.load() == number) {
    const uint64_t one = 1;
    (void)!write(event_, &one, sizeof one);
  } else {
    syscall(SYS_futex, &beds_[number].token, FUTEX_WAKE_PRIVATE, 1, nullptr, nullptr, 0);
  }
  errno = saved;
}

void Sleeper::wake_any() {
  unseen_.store(true);
  for (unsigned number = 0; number < abi::kMaxEthreads; ++number) {
    if (!beds_[number].asleep.load()) continue;
    unseen_.store(false);
    return wake(number);
  }
}

}  // namespace scone::host
