// Runs rewritten code natively, with an entry that makes the real system call, next to the same code unchanged.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

#include <csetjmp>
#include <cstring>
#include <ostream>
#include <string>
#include <vector>

#include "tests/rewrite/native_entry.h"
#include "tests/rewrite/segment.h"

namespace scone::rewrite {

// shapes.S
struct Shape {
  const char* name;
  uint64_t offset;
  uint64_t size;
};
void PrintTo(const Shape& shape, std::ostream* out) { *out << (shape.name ? shape.name : "all"); }
extern "C" const Shape shape_table[], shape_table_end[];
extern "C" const uint8_t shapes_begin[], shapes_end[];

namespace {

struct Registers {
  uint64_t general[12];
  uint64_t vector[4];
};
using Function = long (*)(long, long, Registers*);

constexpr EntryOffsets kEntries{kNativeEntry, kNativeEntryVector};

// A copy of all shapes in memory that is executable and writable (a test's liberty), with room for trampolines.
class Copy {
 public:
  static constexpr size_t kAreaSize = 64 << 10;

  Copy() {
    size_ = static_cast<size_t>(shapes_end - shapes_begin);
    void* memory = mmap(nullptr, size_ + 4096 + kAreaSize, PROT_READ | PROT_WRITE | PROT_EXEC,
                        MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    bytes_ = static_cast<uint8_t*>(memory);
    std::memcpy(bytes_, shapes_begin, size_);
  }
  ~Copy() { munmap(bytes_, size_ + 4096 + kAreaSize); }
  Copy(const Copy&) = delete;

  uint64_t address() const { return reinterpret_cast<uint64_t>(bytes_); }
  CodeView code() { return {address(), {bytes_, size_}}; }
  TrampolineArea area() {
    uint64_t begin = (address() + size_ + 4095) & ~uint64_t{4095};
    return {begin, {reinterpret_cast<uint8_t*>(begin), kAreaSize}};
  }
  bool contains(uint64_t rip) const { return rip - address() < size_; }
  Function function(const Shape& shape) const { return reinterpret_cast<Function>(bytes_ + shape.offset); }

 private:
  uint8_t* bytes_;
  size_t size_;
};

std::vector<Shape> shapes() { return {shape_table, shape_table_end}; }

// The table of shapes as unwind tables.
void describe(Segment& segment) {
  uint32_t at = 0;
  for (const Shape& shape : shapes()) {
    segment.gap(code::nops(shape.offset - at));
    segment.function(Bytes(shapes_begin + shape.offset, shapes_begin + shape.offset + shape.size));
    at = static_cast<uint32_t>(shape.offset + shape.size);
  }
  segment.finish();
}

class Execution : public testing::TestWithParam<Shape> {
 protected:
  static void SetUpTestSuite() {
    ASSERT_TRUE(use_native_entry());
    plain_ = new Copy;
    patched_ = new Copy;
    table_ = new SiteTable;
    // The tables' addresses are relative: moved to where the copy stands, they describe it.
    Segment segment;
    describe(segment);
    uint64_t header = patched_->address() + (Segment::kTables - Segment::kCode);
    Result<Outcome> outcome =
        rewrite(patched_->code(), {header, {header, segment.tables()}}, patched_->area(), kEntries, *table_);
    ASSERT_TRUE(outcome.ok());
    outcome_ = outcome.take();
    EXPECT_EQ(check({shapes_begin, shapes_end}, patched_->code().bytes, patched_->address(), patched_->area(),
                    *table_, {}, kNativeEntry, kNativeEntryVector),
              "");
  }
  static void TearDownTestSuite() {
    delete plain_;
    delete patched_;
    delete table_;
  }

  static inline Copy* plain_;
  static inline Copy* patched_;
  static inline SiteTable* table_;
  static inline Outcome outcome_;
};

// An arrival at a guarded boundary: what the runtime does on #UD.
SiteTable* resume_table;
int arrivals;
void on_illegal_instruction(int, siginfo_t*, void* context) {
  greg_t* registers = static_cast<ucontext_t*>(context)->uc_mcontext.gregs;
  uint64_t rip = static_cast<uint64_t>(registers[REG_RIP]);
  uint64_t resume = resume_table->resume_address(rip);
  if (resume == rip) _exit(99);
  registers[REG_RIP] = static_cast<greg_t>(resume);
  ++arrivals;
}

class Handler {
 public:
  Handler(int signal, void (*function)(int, siginfo_t*, void*)) : signal_(signal) {
    struct sigaction action = {};
    action.sa_sigaction = function;
    action.sa_flags = SA_SIGINFO;
    sigaction(signal, &action, &old_);
  }
  ~Handler() { sigaction(signal_, &old_, nullptr); }

 private:
  int signal_;
  struct sigaction old_;
};

constexpr long kArguments[][2] = {{-1, 5}, {0, 7}, {1, 2}, {4096, 4096}, {3, 1}};
Registers some_registers() {
  Registers registers;
  for (size_t i = 0; i < 12; ++i) registers.general[i] = 0x0101010101010101 * (i + 1) + (i << 60);
  for (size_t i = 0; i < 4; ++i) registers.vector[i] = 0xfedcba9876543210 * (2 * i + 1);
  return registers;
}
// Which pairs of arguments a shape is made for.
bool is_for(const Shape& shape, const long* arguments) {
  if (std::string(shape.name) == "jump_table") return arguments[0] == 0 || arguments[0] == 2;
  if (std::string(shape.name) == "six_arguments") return arguments[0] == 4096;
  return true;
}

TEST_P(Execution, SameResultAndRegisters) {
  Handler handler(SIGILL, on_illegal_instruction);
  resume_table = table_;
  const Shape& shape = GetParam();
  for (const auto& arguments : kArguments) {
    if (!is_for(shape, arguments)) continue;
    Registers expected = some_registers(), found = some_registers();
    long plain = plain_->function(shape)(arguments[0], arguments[1], &expected);
    uint64_t before = native_syscall_count + native_syscall_count_vector;
    long patched = patched_->function(shape)(arguments[0], arguments[1], &found);
    if (std::string(shape.name) == "six_arguments") plain = patched = plain < 0 || patched < 0;
    EXPECT_EQ(patched, plain) << arguments[0];
    EXPECT_EQ(std::memcmp(&found, &expected, sizeof found), 0);
    if (std::string(shape.name) != "branch_before") {
      EXPECT_GT(native_syscall_count + native_syscall_count_vector, before);
    }
  }
}

TEST_P(Execution, VectorCodeUsesItsOwnEntry) {
  const Shape& shape = GetParam();
  for (const Site& site :
       sites_in(*table_, patched_->address() + shape.offset, patched_->address() + shape.offset + shape.size))
    EXPECT_EQ(site.vector, std::string(shape.name) == "registers");
}

// One step of a program under the trap flag.
struct Trace {
  const Copy* copy;
  const SiteTable* table;
  std::vector<uint64_t> offsets;  // program addresses, relative to the copy
};
Trace* trace;
void on_step(int, siginfo_t*, void* context) {
  uint64_t rip = static_cast<uint64_t>(static_cast<ucontext_t*>(context)->uc_mcontext.gregs[REG_RIP]);
  uint64_t address = trace->table->original_address(rip);
  if (!trace->copy->contains(address)) return;
  uint64_t offset = address - trace->copy->address();
  if (trace->offsets.empty() || trace->offsets.back() != offset) trace->offsets.push_back(offset);
}

// Where a function's instructions were executed, as the program would be told.
std::vector<uint64_t> trace_of(const Copy& copy, const SiteTable& table, const Shape& shape,
                               const long* arguments) {
  Trace steps{&copy, &table, {}};
  trace = &steps;
  Registers registers = some_registers();
  Function function = copy.function(shape);
  // SAFETY: sets the trap flag below the red zone, and clears it again behind the call.
  asm volatile("lea -128(%%rsp), %%rsp\n pushfq\n orq $0x100, (%%rsp)\n popfq\n lea 128(%%rsp), %%rsp" ::
                   : "memory", "cc");
  function(arguments[0], arguments[1], &registers);
  asm volatile("lea -128(%%rsp), %%rsp\n pushfq\n andq $~0x100, (%%rsp)\n popfq\n lea 128(%%rsp), %%rsp" ::
                   : "memory", "cc");
  // The step that ends with a system call is reported by some kernels only after the next instruction.
  std::vector<uint64_t> offsets;
  for (size_t i = 0; i < steps.offsets.size(); ++i) {
    bool call = i > 0 && std::memcmp(shapes_begin + steps.offsets[i - 1], "\x0f\x05", 2) == 0;
    if (!call || steps.offsets[i] != steps.offsets[i - 1] + 2) offsets.push_back(steps.offsets[i]);
  }
  return offsets;
}

TEST_P(Execution, EveryInstructionIsReportedAtItsOwnAddress) {
  Handler steps(SIGTRAP, on_step);
  Handler arrivals_handler(SIGILL, on_illegal_instruction);
  resume_table = table_;
  const Shape& shape = GetParam();
  SiteTable none;
  for (const auto& arguments : kArguments) {
    if (!is_for(shape, arguments)) continue;
    std::vector<uint64_t> plain = trace_of(*plain_, none, shape, arguments);
    std::vector<uint64_t> patched = trace_of(*patched_, *table_, shape, arguments);
    EXPECT_EQ(patched, plain) << arguments[0];
    EXPECT_GE(plain.size(), 2u);
  }
}

INSTANTIATE_TEST_SUITE_P(Shapes, Execution, testing::ValuesIn(shapes()),
                         [](const auto& info) { return std::string(info.param.name); });

class ExecutionOfAll : public Execution {};
INSTANTIATE_TEST_SUITE_P(All, ExecutionOfAll, testing::Values(Shape{}), [](const auto&) { return "shapes"; });

TEST_P(ExecutionOfAll, NearlyAllSitesAreRewritten) {
  EXPECT_GE(outcome_.rewritten, 21u);
  EXPECT_LE(outcome_.left, 1u);
}

TEST_P(ExecutionOfAll, ArrivalBehindTheCallIsResumedInTheTrampoline) {
  Handler handler(SIGILL, on_illegal_instruction);
  resume_table = table_;
  arrivals = 0;
  for (const Shape& shape : shapes()) {
    if (std::string(shape.name) != "jump_table") continue;
    EXPECT_EQ(patched_->function(shape)(2, 0, nullptr), 1234 + 7);
    EXPECT_EQ(arrivals, 1);
    EXPECT_EQ(patched_->function(shape)(0, 0, nullptr), getpid() + 7);
    EXPECT_EQ(arrivals, 1);
  }
}

// The bytes that guard boundaries are illegal on this processor too, whatever follows, and are so at their own address.
uint64_t illegal_at;
sigjmp_buf illegal_return;
void on_trap_byte(int, siginfo_t*, void* context) {
  illegal_at = static_cast<uint64_t>(static_cast<ucontext_t*>(context)->uc_mcontext.gregs[REG_RIP]);
  siglongjmp(illegal_return, 1);
}

// Where executing these bytes raises #UD.
uint64_t illegal_address(const uint8_t* bytes) {
  illegal_at = 0;
  if (sigsetjmp(illegal_return, 1) == 0) reinterpret_cast<void (*)()>(const_cast<uint8_t*>(bytes))();
  return illegal_at;
}

TEST(TrapBytes, RaiseUndefinedOpcodeOnThisProcessor) {
  Handler handler(SIGILL, on_trap_byte);
  void* memory = mmap(nullptr, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(memory, MAP_FAILED);
  uint8_t* bytes = static_cast<uint8_t*>(memory);
  int count = 0;
  for (int byte = 0; byte < 256; ++byte) {
    if (!is_trap_byte(static_cast<uint8_t>(byte))) continue;
    ++count;
    for (int next : {0x00, 0x05, 0x90, 0xc0, 0xc3, 0xff}) {
      std::memset(bytes, next, 64);
      bytes[0] = static_cast<uint8_t>(byte);
      EXPECT_EQ(illegal_address(bytes), reinterpret_cast<uint64_t>(bytes)) << byte << ' ' << next;
    }
  }
  EXPECT_EQ(count, 19);
  EXPECT_TRUE(is_trap_byte(kFillByte));
  munmap(memory, 4096);
}

}  // namespace
}  // namespace scone::rewrite
