#include "enclave/boundary/round.h"

#include <atomic>

#include "abi/border.h"
#include "base/cache_line.h"
#include "enclave/boundary/events.h"
#include "enclave/boundary/host_call.h"
#include "enclave/boundary/host_state.h"
#include "enclave/boundary/receive_buffers.h"
#include "enclave/file/foresight.h"
#include "enclave/file/read_ahead.h"
#include "enclave/file/round_cache.h"
#include "enclave/net/stream_arrivals.h"
#include "enclave/sched/clock.h"
#include "enclave/sched/sched.h"

namespace scone::boundary {

namespace {
// Of all ethreads, ever. One thread of the program posts them, and takes none to another ethread, so they are completed in order.
std::atomic<uint64_t> g_effects_posted{0}, g_effects_completed{0};
constexpr uint64_t kEffectsPollNs = 500'000;
}  // namespace

// The calls of one ethread, touched by it alone.
class alignas(kCacheLine) Round {
 public:
  void add(PostedCall& call) {
    waiting_.push_back(call);
    ++count_;
  }
  void add_effect(PostedCall& call) {
    call.effect_ = true;
    add(call);
    effects_ = count_;
    entry::this_ethread().effects_wait = 1;
  }
  uint64_t count() const { return count_; }
  bool is_last(const PostedCall& call) { return waiting_.back() == &call; }

  // Writes what fits; the rest travels next time.
  void begin(HostPtr<abi::EthreadArea> area) {
    auto calls = HostPtr<abi::PostedCall>::unchecked(area.address() + offsetof(abi::EthreadArea, posted));
    while (travelling_ < abi::kMaxPosted) {
      PostedCall* call = waiting_.front();
      // What is linked travels together: the host forgets how the last call of a crossing went.
      if (!call || (!call->linked_ && travelling_ > abi::kMaxPosted - PostedCall::kMaxLinked)) break;
      waiting_.pop_front();
      write(calls + travelling_, *call);
      under_way_[travelling_++] = call;
      --count_;
      if (effects_ > 0) --effects_;
    }
    entry::this_ethread().effects_wait = effects_ > 0;
    area.field(&abi::EthreadArea::posted_count).store(travelling_);
    // Not to sleep on what has no room.
    if (waiting_.front()) area.field(&abi::EthreadArea::idle_deadline_ns).store(0);
  }

  void leaves(uint64_t world_age) { left_at_ = world_age; }
  // What another ethread brought in meanwhile may have happened after this one's call.
  void comes_back(uint64_t world_age) { age_ = world_age == left_at_ + 1 ? world_age : kOvertaken; }
  uint64_t age() const { return age_; }

  void finish(HostPtr<abi::EthreadArea> area) {
    auto calls = HostPtr<abi::PostedCall>::unchecked(area.address() + offsetof(abi::EthreadArea, posted));
    const uint64_t count = travelling_;
    travelling_ = 0;
    for (uint64_t i = 0; i < count; ++i) {
      if (under_way_[i]->effect_) g_effects_completed.fetch_add(1, std::memory_order_release);
      under_way_[i]->complete((calls + i).field(&abi::PostedCall::result).load());
    }
  }

 private:
  static void write(HostPtr<abi::PostedCall> to, const PostedCall& call) {
    to.field(&abi::PostedCall::number).store(call.call_.number | (call.linked_ ? abi::kPostedLinked : 0));
    auto arguments = HostPtr<uint64_t>::unchecked(to.address() + offsetof(abi::PostedCall, args));
    for (int i = 0; i < 6; ++i) (arguments + i).store(call.call_.arguments[i]);
    to.field(&abi::PostedCall::result).store(call.awaited_ ? abi::kPostedAwaited : call.expected_);
  }

  IntrusiveList<PostedCall> waiting_;
  uint64_t count_ = 0;    // in waiting_
  uint64_t effects_ = 0;  // in waiting_, up to the last one that is an effect
  PostedCall* under_way_[abi::kMaxPosted];
  uint64_t travelling_ = 0;
  static constexpr uint64_t kOvertaken = UINT64_MAX;
  uint64_t left_at_ = 0;       // the world's age at the beginning of the last crossing
  uint64_t age_ = kOvertaken;  // and at its end, if nothing else came in between
};

namespace {

constinit Round g_rounds[abi::kMaxEthreads];
std::atomic<uint64_t> g_world_age{0};

Round& own_round() { return g_rounds[entry::this_ethread().number]; }

// A call that a thread waits for. The thread may end, and this with it, as soon as done_ is set.
class AwaitedCall final : public PostedCall {
 public:
  AwaitedCall() : PostedCall(0), thread_(sched::current()) { awaited_ = true; }
  void post(const CallArguments& call) {
    call_ = call;
    boundary::post(*this);
  }
  void complete(int64_t result) override {
    sched::Lthread& thread = thread_;
    thread.ref();
    result_ = result;
    done_.store(true, std::memory_order_release);
    sched::unpark(thread);
    if (thread.unref()) delete &thread;
  }
  int64_t wait() {
    while (!done_.load(std::memory_order_acquire)) sched::park();
    return result_;
  }

 private:
  sched::Lthread& thread_;
  int64_t result_ = 0;
  std::atomic<bool> done_{false};
};

void take_arrivals(HostPtr<abi::EthreadArea> area) {
  entry::Ethread& ethread = entry::this_ethread();
  uint64_t count = area.field(&abi::EthreadArea::arrival_count).load();
  if (count == 0) return;
  if (count > abi::kMaxArrivals) host_violation("more arrivals than there is room for");
  area.field(&abi::EthreadArea::arrival_count).store(0);
  auto arrivals = HostPtr<abi::Arrival>::unchecked(area.address() + offsetof(abi::EthreadArea, arrivals));
  for (uint64_t i = 0; i < count; ++i) {
    auto arrival = arrivals + i;
    net::deliver_arrival(arrival.field(&abi::Arrival::token).load(),
                         arrival.field(&abi::Arrival::result).load(),
                         arrival.field(&abi::Arrival::buffer).load());
  }
  // Only now may another ethread bring what follows on these streams.
  ethread.arrivals_taken += count;
  area.field(&abi::EthreadArea::arrivals_taken).store_release(ethread.arrivals_taken);
}

}  // namespace

void forget_answers() {
  file::round_cache::forget_all();
  file::foresight::forget_all();
  file::read_ahead::forget_all();
}

bool batching() { return start_info().flags & abi::kFlagBatched; }

void post(PostedCall& call) { own_round().add(call); }

void post_effect(PostedCall& call) {
  g_effects_posted.fetch_add(1, std::memory_order_relaxed);
  own_round().add_effect(call);
}

bool effects_wait() { return entry::this_ethread().effects_wait; }

void flush_effects() {
  while (effects_wait()) wait_for_events(0);
}

void await_effects() {
  flush_effects();
  // The others are another ethread's, which leaves at its next tick at the latest.
  const uint64_t posted = g_effects_posted.load(std::memory_order_acquire);
  while (g_effects_completed.load(std::memory_order_acquire) < posted)
    sched::park(sched::now_ns() + kEffectsPollNs);
}

bool is_last_posted(const PostedCall& call) { return own_round().is_last(call); }

uint64_t posted() { return own_round().count(); }

bool posts_travel(uint64_t count) { return posted() + count <= abi::kMaxPosted - PostedCall::kMaxLinked; }

int64_t call_by_post(const CallArguments& call) {
  AwaitedCall awaited;
  awaited.post(call);
  return awaited.wait();
}

void call_together(std::span<const CallArguments> calls, std::span<int64_t> results,
                   int64_t (*make)(const CallArguments&)) {
  AwaitedCall awaited[kMaxTogether - 1];
  const size_t last = calls.size() - 1;
  for (size_t i = 0; i < last; ++i) awaited[i].post(calls[i]);
  results[last] = make(calls[last]);
  for (size_t i = 0; i < last; ++i) results[i] = awaited[i].wait();
}

uint64_t world_age() { return g_world_age.load(std::memory_order_acquire); }

bool nothing_since_own_crossing() { return own_round().age() == world_age(); }

void note_news() {
  if (!batching()) return;
  g_world_age.fetch_add(1, std::memory_order_seq_cst);
  forget_answers();
}

void begin_round(HostPtr<abi::EthreadArea> area) {
  if (!batching()) return;
  net::post_sends();
  own_round().leaves(g_world_age.load(std::memory_order_seq_cst));
  own_round().begin(area);
  give_back_receive_buffers(area);
}

void finish_round(HostPtr<abi::EthreadArea> area) {
  if (!batching()) return;
  own_round().comes_back(g_world_age.fetch_add(1, std::memory_order_seq_cst) + 1);
  forget_answers();
  own_round().finish(area);
  take_arrivals(area);
}

}  // namespace scone::boundary
