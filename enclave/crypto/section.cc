#include "crypto/section.h"

#include <atomic>

#include "abi/border.h"
#include "crypto/library.h"
#include "enclave/boundary/host_call.h"
#include "enclave/boundary/host_state.h"
#include "enclave/crypto/processor.h"
#include "enclave/crypto/thread_block.h"
#include "enclave/entry/ethread.h"
#include "enclave/entry/fs_base.h"
#include "enclave/entry/vector.h"
#include "enclave/random/random.h"
#include "enclave/sched/lthread.h"

namespace scone::crypto {
namespace {

constinit ThreadBlock g_blocks[abi::kMaxEthreads];

enum class State : uint8_t { kNew, kStarting, kStarted };
constinit std::atomic<State> g_state{State::kNew};

ThreadBlock& block_of(const entry::Ethread& ethread) {
  ThreadBlock& block = g_blocks[ethread.number];
  if (block.self) [[likely]]
    return block;
  auto canary = random::next();
  if (!canary.ok()) boundary::panic("no random numbers: cryptography is impossible");
  block.canary = canary.value();
  block.self = &block;
  return block;
}

void start() {
  State expected = State::kNew;
  if (g_state.compare_exchange_strong(expected, State::kStarting)) {
    if (!set_capabilities())
      boundary::panic("this processor has no AES instructions: cryptography is impossible");
    g_state.store(State::kStarted);  // start_library() has sections of its own
    if (!start_library()) boundary::panic("libcrypto does not work in this enclave");
    return;
  }
  while (g_state.load(std::memory_order_acquire) != State::kStarted) __builtin_ia32_pause();
}

}  // namespace

Section::Section() {
  // Vector registers without live values are dead by the psABI, so the library may overwrite them.
  sched::Lthread& thread = sched::current();
  if (thread.frame().flags & entry::kFrameVectorLive) entry::save_vector(thread);
  outer_ = entry::read_fs_base();
  entry::write_fs_base(reinterpret_cast<uint64_t>(&block_of(entry::this_ethread())));
  if (g_state.load(std::memory_order_acquire) != State::kStarted) [[unlikely]]
    start();
}

Section::~Section() { entry::write_fs_base(outer_); }

}  // namespace scone::crypto
