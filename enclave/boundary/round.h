// What travels with every crossing: calls that could wait on the way out; their results and received bytes on the way in.
//
// The enclave and the world outside meet only when an ethread leaves and comes back. So a call whose outcome nobody needs at once may
// be performed together with the next exit, and what was learned from the host stays true for the program until then: nothing that it can
// observe has happened in between.
#pragma once

#include <cstdint>
#include <span>

#include "base/intrusive_list.h"
#include "enclave/boundary/host_ptr.h"
#include "enclave/boundary/slots.h"

namespace scone::abi {
struct EthreadArea;
}

namespace scone::boundary {

// A system call that is handed over with the next exit of the ethread that posted it. Lives until complete(), which may destroy it.
class PostedCall : public ListNode<PostedCall> {
 public:
  // Nobody waits; any other result cuts the ethread's sleep short.
  explicit PostedCall(int64_t expected) : expected_(expected) {}
  // With the host's raw answer, a claim. Runs on the ethread that crossed, without locks; it may take spin locks, unpark threads and
  // post, but must not park or leave the enclave.
  virtual void complete(int64_t result) = 0;

 protected:
  ~PostedCall() = default;
  CallArguments call_{};
  int64_t expected_;
  bool linked_ =
      false;  // performed only if the call posted before it went as expected; at most kMaxLinked in a row
  static constexpr uint64_t kMaxLinked = 8;
  bool awaited_ = false;  // somebody waits for the result, whatever it is
  bool effect_ = false;   // post_effect()

 private:
  friend class Round;
  friend bool posts_travel(uint64_t count);  // kMaxLinked
};

// True if calls may be posted at all (the engine's choice).
bool batching();
// Hands `call` over with this ethread's next exit, in the order of posting.
void post(PostedCall& call);
// As post(), for what the program believes done. Nothing that others could learn of leaves before it: the processor is not given to another thread, a
// helper not called, while effects wait. Only a process with one thread may have any, since another ethread could leave first; flush_effects()
// before there is a second one.
void post_effect(PostedCall& call);
bool effects_wait();
void flush_effects();
// The same for a thread of the runtime, which may run beside the program's one: parks until those that were posted before have left every ethread.
void await_effects();
// What waits changes what the host said before of files.
void forget_answers();
// True if nothing was posted after `call`, which still waits.
bool is_last_posted(const PostedCall& call);
// Calls that wait for this ethread's next exit.
uint64_t posted();
// True if `count` more calls that are posted now all travel with the next exit.
bool posts_travel(uint64_t count);
// Posts the call and parks the current thread until the answer is there. Returns the raw result.
int64_t call_by_post(const CallArguments& call);
// Posts all but the last call, has that one made by `make`, whose exit takes the others along, and waits for all. Raw results.
// Preconditions: batching(), 1 … kMaxTogether calls.
inline constexpr size_t kMaxTogether = 32;
void call_together(std::span<const CallArguments> calls, std::span<int64_t> results,
                   int64_t (*make)(const CallArguments&));

// How often this enclave has looked outside: what the host said is news as long as this does not change.
uint64_t world_age();
// No other crossing has ended since this ethread's last one began. After an exit for a call of its own, that call is then the last thing that
// the program can know to have happened outside.
bool nothing_since_own_crossing();
// Something came from outside without a crossing (a signal, a helper's answer): what was known before is old.
void note_news();

// For leave() only.
void begin_round(HostPtr<abi::EthreadArea> area);
void finish_round(HostPtr<abi::EthreadArea> area);

}  // namespace scone::boundary
