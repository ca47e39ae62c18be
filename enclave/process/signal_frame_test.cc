// The frames that this builds against frames that the kernel builds: a handler copies the one it runs on.
#include "enclave/process/signal_frame.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <ucontext.h>
#include <unistd.h>

#include <cstring>
#include <functional>
#include <vector>

#include "enclave/process/vector_state.h"

namespace scone::process {
namespace {

// What a handler found.
struct Capture {
  uint64_t frame_address;
  uint64_t info_address;
  SignalFrame frame;
  std::vector<uint8_t> fpstate;  // area and the four bytes behind it
};

std::vector<Capture> captures;
std::function<void()> inside_handler;

uint32_t word(const std::vector<uint8_t>& bytes, size_t offset) {
  uint32_t value;
  memcpy(&value, bytes.data() + offset, sizeof value);
  return value;
}

void capture(int, siginfo_t* info, void* context) {
  Capture seen;
  seen.frame_address = reinterpret_cast<uint64_t>(context) - offsetof(SignalFrame, context);
  seen.info_address = reinterpret_cast<uint64_t>(info);
  memcpy(&seen.frame, reinterpret_cast<const void*>(seen.frame_address), sizeof seen.frame);
  auto* fpstate = reinterpret_cast<const uint8_t*>(seen.frame.context.registers.fpstate);
  uint32_t size;
  memcpy(&size, fpstate + 464 + 16, sizeof size);  // _fpx_sw_bytes.xstate_size
  seen.fpstate.assign(fpstate, fpstate + size + kMagic2Size);
  captures.push_back(std::move(seen));
  if (inside_handler) inside_handler();
}

struct NativeFrame : testing::Test {
  NativeFrame() {
    captures.clear();
    inside_handler = nullptr;
    install(SIGUSR1, 0);
    install(SIGUSR2, SA_ONSTACK);
    captures.reserve(8);
  }
  ~NativeFrame() override {
    stack_t off{};
    off.ss_flags = SS_DISABLE;
    sigaltstack(&off, nullptr);
    signal(SIGUSR1, SIG_DFL);
    signal(SIGUSR2, SIG_DFL);
  }
  static void install(int signal, int flags) {
    struct sigaction action {};
    action.sa_sigaction = &capture;
    action.sa_flags = SA_SIGINFO | flags;
    ASSERT_EQ(sigaction(signal, &action, nullptr), 0);
  }
  void use_alternate_stack() {
    stack_t on{};
    on.ss_sp = memory.data();
    on.ss_size = memory.size();
    ASSERT_EQ(sigaltstack(&on, nullptr), 0);
    alternate.base = reinterpret_cast<uint64_t>(memory.data());
    alternate.size = memory.size();
  }
  // Ours for the moment that `seen` shows.
  FramePlacement place(const Capture& seen, bool on_alternate) const {
    return place_frame(seen.frame.context.registers.rsp, alternate, on_alternate, seen.fpstate.size());
  }
  void expect_same_place(const Capture& seen, bool on_alternate) const {
    const FramePlacement ours = place(seen, on_alternate);
    EXPECT_EQ(ours.frame, seen.frame_address);
    EXPECT_EQ(ours.fpstate, seen.frame.context.registers.fpstate);
    EXPECT_TRUE(ours.fits);
  }
  std::vector<uint8_t> memory = std::vector<uint8_t>(64 << 10);
  AlternateStack alternate;
};

TEST_F(NativeFrame, StandsWhereTheKernelPutsIt) {
  raise(SIGUSR1);
  ASSERT_EQ(captures.size(), 1u);
  expect_same_place(captures[0], false);
  EXPECT_EQ(captures[0].info_address, captures[0].frame_address + offsetof(SignalFrame, info));
}

TEST_F(NativeFrame, StandsOnTheAlternateStackWhereTheKernelPutsIt) {
  use_alternate_stack();
  raise(SIGUSR2);
  raise(SIGUSR1);  // without SA_ONSTACK
  ASSERT_EQ(captures.size(), 2u);
  EXPECT_GE(captures[0].frame_address, alternate.base);
  EXPECT_LT(captures[0].frame_address, alternate.base + alternate.size);
  expect_same_place(captures[0], true);
  expect_same_place(captures[1], false);
}

TEST_F(NativeFrame, NestsOnTheAlternateStackWhereTheKernelPutsIt) {
  use_alternate_stack();
  install(SIGUSR1, SA_ONSTACK);
  inside_handler = [] {
    inside_handler = nullptr;
    raise(SIGUSR1);
  };
  raise(SIGUSR2);
  ASSERT_EQ(captures.size(), 2u);
  EXPECT_LT(captures[1].frame_address, captures[0].frame_address);
  expect_same_place(captures[1], true);
}

TEST_F(NativeFrame, ContextHasTheKernelsContents) {
  raise(SIGUSR1);
  ASSERT_EQ(captures.size(), 1u);
  const UserContext& theirs = captures[0].frame.context;
  EXPECT_EQ(theirs.flags, kContextFlags);
  EXPECT_EQ(theirs.link, 0u);

  entry::UserFrame registers{};
  load_context(registers, theirs.registers);
  registers.rflags = theirs.registers.rflags;
  SignalContext ours;
  fill_context(ours, registers, theirs.registers.rip);
  ours.fpstate = theirs.registers.fpstate;
  ours.trap = theirs.registers.trap;
  ours.error = theirs.registers.error;
  ours.cr2 = theirs.registers.cr2;
  ours.old_mask = theirs.registers.old_mask;
  // The kernel leaves the reserved words behind fpstate as they were.
  EXPECT_EQ(memcmp(&ours, &theirs.registers, offsetof(SignalContext, reserved)), 0);
}

TEST_F(NativeFrame, InfoHasTheKernelsContents) {
  raise(SIGUSR1);
  Info ours = Info::from_sender(kSigUsr1, kCodeThreadKill, getpid(), getuid());
  EXPECT_EQ(memcmp(&ours, &captures.at(0).frame.info, sizeof ours), 0);
}

TEST_F(NativeFrame, VectorStateIsMarkedAsTheKernelMarksIt) {
  raise(SIGUSR1);
  const auto& theirs = captures.at(0).fpstate;
  uint64_t features;
  memcpy(&features, theirs.data() + 464 + 8, sizeof features);
  const VectorLayout layout{features, theirs.size() - kMagic2Size};
  std::vector<uint8_t> ours = theirs;
  memset(ours.data() + 464, 0, 48);
  mark_for_frame(ours.data(), layout);
  EXPECT_EQ(ours, theirs);
  EXPECT_TRUE(has_extended_state(theirs.data(), layout));
  EXPECT_EQ(word(theirs, theirs.size() - kMagic2Size), kMagic2);
}

TEST(PlaceFrame, AnAlternateStackThatIsTooSmallDoesNotFit) {
  const AlternateStack small{.base = 0x10000, .size = 2048};
  EXPECT_FALSE(place_frame(0x7fff0000, small, true, 2692).fits);
  EXPECT_TRUE(place_frame(0x7fff0000, small, false, 2692).fits);
  // Already on it: it overflows even if the handler did not ask for it.
  EXPECT_FALSE(place_frame(0x10200, small, false, 836).fits);
}

TEST(PlaceFrame, AnAutoDisarmedStackIsEnteredFromItsTopEvenWhileRunningOnIt) {
  AlternateStack stack{.base = 0x10000, .size = 0x10000, .auto_disarm = true};
  EXPECT_EQ(place_frame(0x12000, stack, true, 836).frame, place_frame(0x7fff0000, stack, true, 836).frame);
}

TEST(PlaceFrame, LeavesTheRedZoneAlone) {
  for (uint64_t sp = 0x20000; sp < 0x20080; sp += 8) {
    const FramePlacement place = place_frame(sp, {}, false, 836);
    EXPECT_LE(place.fpstate + 836, sp - 128);
    EXPECT_LE(place.frame + sizeof(SignalFrame), place.fpstate);
    EXPECT_EQ(place.frame % 16, 8u);
    EXPECT_EQ(place.fpstate % 64, 0u);
  }
}

TEST(LoadContext, TakesNoFlagThatIsNotTheProgramsToSet) {
  SignalContext context{};
  context.rflags = ~uint64_t{0};
  entry::UserFrame frame{};
  load_context(frame, context);
  // Not TF (8), IOPL (12, 13), NT (14), RF (16), VM (17), AC (18).
  EXPECT_EQ(frame.rflags, 0xcd5u | 0x202u);
}

}  // namespace
}  // namespace scone::process
