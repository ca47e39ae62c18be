#include "host/syscall/helpers.h"

#include <pthread.h>
#include <signal.h>
#include <x86intrin.h>

#include "host/runner/hostile.h"
#include "host/syscall/raw.h"

namespace scone::host {
namespace {

constexpr int kPollRounds = 2000;  // about 50 µs

uint64_t load(const uint64_t& word) { return __atomic_load_n(&word, __ATOMIC_ACQUIRE); }

void ignore(int) {}

}  // namespace

int cancel_signal() { return SIGRTMAX - 2; }

Helpers::Helpers(abi::SharedArea& shared, bool poll, const Pinning& pinning, std::function<void()> done)
    : shared_(shared), poll_(poll), pinning_(pinning), done_(std::move(done)) {
  struct sigaction action {};
  action.sa_handler = ignore;  // without SA_RESTART: the point is EINTR
  sigaction(cancel_signal(), &action, nullptr);
}

bool Helpers::request_waits() const { return taken_.load() < load(shared_.request_tail); }

void Helpers::wake() {
  std::lock_guard guard(mutex_);
  if (sleeping_ > wakeups_) {
    ++wakeups_;
    wake_.notify_one();
  } else if (count_ < kMaxHelpers) {
    start_locked();
  }
  // Otherwise all are busy; the first that becomes free goes on.
}

void Helpers::start_locked() {
  Helper& helper = helpers_[count_];
  // Signals are for the ethreads.
  sigset_t all, old;
  sigfillset(&all);
  sigdelset(&all, cancel_signal());
  pthread_sigmask(SIG_SETMASK, &all, &old);
  struct Start {
    Helpers* pool;
    Helper* helper;
  };
  auto* start = new Start{this, &helper};
  const auto body = [](void* argument) -> void* {
    const Start begin = *static_cast<Start*>(argument);
    delete static_cast<Start*>(argument);
    begin.pool->run(*begin.helper);
    return nullptr;
  };
  if (pthread_create(&helper.thread, nullptr, body, start) == 0) {
    pthread_detach(helper.thread);
    ++count_;
  } else {
    delete start;
  }
  pthread_sigmask(SIG_SETMASK, &old, nullptr);
}

bool Helpers::take(uint64_t& slot) {
  uint64_t position = taken_.load();
  do {
    if (position >= load(shared_.request_tail)) return false;
    slot = load(shared_.requests[position % abi::kSlots]) & 0xffff;
  } while (!taken_.compare_exchange_weak(position, position + 1));
  return true;
}

void Helpers::run(Helper& self) {
  pinning_.unpin();
  for (;;) {
    uint64_t slot;
    while (!take(slot)) wait_for_request();
    // This one may block: requests behind it need somebody else.
    if (request_waits()) wake();
    self.slot.store(slot);
    perform(slot);
    self.slot.store(UINT64_MAX);
  }
}

// Returns when there may be a request.
bool Helpers::wait_for_request() {
  if (poll_) {
    __atomic_fetch_add(&shared_.helpers_polling, 1, __ATOMIC_SEQ_CST);
    for (int i = 0; i < kPollRounds && !request_waits(); ++i) _mm_pause();
    __atomic_fetch_sub(&shared_.helpers_polling, 1, __ATOMIC_SEQ_CST);
    if (request_waits()) return true;
  }
  std::unique_lock lock(mutex_);
  if (request_waits()) return true;
  ++sleeping_;
  wake_.wait(lock, [this] { return wakeups_ > 0; });
  --sleeping_;
  --wakeups_;
  return true;
}

void Helpers::perform(uint64_t slot) {
  abi::Slot& request = shared_.slots[slot];
  request.state = static_cast<uint64_t>(abi::SlotState::kRunning);
  const uint64_t generation = request.generation;
  const uint64_t number = request.call_number;
  uint64_t arguments[6];
  for (int i = 0; i < 6; ++i) arguments[i] = request.call_args[i];
  request.call_result = tamper(number, arguments, raw_syscall(number, arguments));
  complete(slot, generation);
}

void Helpers::complete(uint64_t slot, uint64_t generation) {
  {
    std::lock_guard guard(completion_mutex_);
    abi::Completion& entry = shared_.completions[completed_ % abi::kSlots];
    entry.value = tamper_completion(generation << 16 | slot);
    __atomic_store_n(&entry.sequence, ++completed_, __ATOMIC_RELEASE);
  }
  done_();
}

void Helpers::cancel(uint64_t slot) {
  std::lock_guard guard(mutex_);
  for (unsigned i = 0; i < count_; ++i)
    if (helpers_[i].slot.load() == slot) pthread_kill(helpers_[i].thread, cancel_signal());
}

}  // namespace scone::host
