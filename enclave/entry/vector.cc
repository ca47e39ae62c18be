#include "enclave/entry/vector.h"

#include <cstdint>

#include "enclave/entry/user_frame.h"
#include "enclave/runtime/memory.h"

namespace scone::entry {
namespace {

uint64_t g_xfrm;

// Initial state in XSAVE standard format: XSTATE_BV = 0 makes XRSTOR load initial values; MXCSR always comes from memory.
struct alignas(64) InitialState {
  uint8_t legacy[24] = {};
  uint32_t mxcsr = 0x1f80;
  uint8_t rest[512 - 28] = {};
  uint64_t header[8] = {};
};
constinit InitialState g_initial_state;
constexpr uint16_t kInitialX87 = 0x37f;

// SAFETY (all four): general-register code around single instructions; areas are 64-byte aligned and large enough for XFRM.
void xsave(void* area) {
  asm volatile("xsave64 (%0)" : : "r"(area), "a"(static_cast<uint32_t>(g_xfrm)), "d"(0) : "memory");
}
void xrstor(const void* area) {
  asm volatile("xrstor64 (%0)" : : "r"(area), "a"(static_cast<uint32_t>(g_xfrm)), "d"(0) : "memory");
}
uint64_t read_control_words() {
  uint32_t mxcsr;
  uint16_t x87;
  asm volatile("stmxcsr %0\n\tfnstcw %1" : "=m"(mxcsr), "=m"(x87));
  return uint64_t{x87} << 32 | mxcsr;
}
void write_control_words(uint64_t words) {
  uint32_t mxcsr = static_cast<uint32_t>(words);
  uint16_t x87 = static_cast<uint16_t>(words >> 32);
  asm volatile("ldmxcsr %0\n\tfldcw %1" : : "m"(mxcsr), "m"(x87));
}

constexpr uint64_t kX87 = 1, kAvx = 1 << 2, kAvx512 = 0xe0;  // SDM vol. 1, 13.1

// XGETBV with ECX = 1: the components that are not in their initial state. Skylake brought it, as it brought SGX.
uint64_t components_in_use() {
  uint32_t low, high;
  // SAFETY: reads a register.
  asm volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(1));
  return low;
}

// SAFETY: only with AVX in XFRM, and AVX-512 where it says so; writes vector registers, which the caller gives up.
void clear_avx() { asm volatile("vzeroall"); }
void clear_avx512() {
  asm volatile(
      ".irp n, 16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31\n\t"
      "vpxord %%zmm\\n, %%zmm\\n, %%zmm\\n\n\t"
      ".endr\n\t"
      ".irp n, 0,1,2,3,4,5,6,7\n\t"
      "kxorq %%k\\n, %%k\\n, %%k\\n\n\t"
      ".endr" ::);
}

}  // namespace

void init_vector_state() {
  uint32_t low, high;
  // SAFETY: XGETBV is legal in an enclave and returns XFRM there; the software model cannot narrow XCR0, so
  // what the SSA has no room for is masked.
  asm volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  g_xfrm = low & 0xe7;
}

uint64_t xfrm() { return g_xfrm; }

void save_vector(sched::Lthread& thread) {
  if (thread.vector_saved) return;
  // XSAVE leaves the reserved bytes of the header alone; they must be zero for XRSTOR.
  auto* header = reinterpret_cast<uint64_t*>(thread.xsave_area() + 512);
  for (int i = 0; i < 8; ++i) header[i] = 0;
  // After a switch at a site without live vector state the registers are another thread's, but for what was kept here.
  if (thread.control_words != 0) write_control_words(thread.control_words);
  thread.control_words = 0;
  xsave(thread.xsave_area());
  thread.vector_saved = true;
}

void save_vector_for_switch(sched::Lthread& thread) {
  if (thread.vector_saved || thread.control_words != 0) return;
  if (thread.frame().flags & kFrameVectorLive)
    save_vector(thread);
  else
    thread.control_words = read_control_words();
}

void inherit_vector(sched::Lthread& child, sched::Lthread& parent) {
  save_vector(parent);
  memcpy(child.xsave_area(), parent.xsave_area(), sched::kXsaveAreaSize);
  child.vector_saved = true;
}

void restore_vector(sched::Lthread& thread) {
  if (thread.vector_saved) {
    xrstor(thread.xsave_area());
    thread.vector_saved = false;
    thread.control_words = 0;
  } else if (thread.control_words != 0) {
    write_control_words(thread.control_words);
    thread.control_words = 0;
  }
}

// XRSTOR takes 250 cycles even where it only loads initial values, so what can be cleared register by register is.
void scrub_vector() {
  if (!(g_xfrm & kAvx) || components_in_use() & kX87) return xrstor(&g_initial_state);
  clear_avx();
  if (g_xfrm & kAvx512) clear_avx512();
  write_control_words(uint64_t{kInitialX87} << 32 | g_initial_state.mxcsr);
}

}  // namespace scone::entry
