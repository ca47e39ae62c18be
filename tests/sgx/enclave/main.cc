// A small enclave that does what the tests ask for, good and bad.
#include <cstdint>

#include "sgx/arch.h"
#include "tests/sgx/enclave/protocol.h"

namespace scone::test {
namespace {

// The beginning of the block at GS, as the image loader writes it.
struct EthreadBlock {
  uint64_t self, number, stack_top, tcs, ssa, ssa_frame_size, enclave_size, ethreads;
};

const EthreadBlock& block() {
  uint64_t self;
  // SAFETY: the loader puts the block's own address at its start.
  asm("movq %%gs:0, %0" : "=r"(self));
  return *reinterpret_cast<const EthreadBlock*>(self);
}

extern "C" {
uint64_t probe_read(uint64_t), probe_write(uint64_t, uint64_t), probe_call(uint64_t),
    probe_divide(uint64_t, uint64_t);
uint64_t probe_sysenter(uint64_t);
uint64_t probe_syscall(), probe_int80(), probe_cpuid(), probe_ud2(), probe_int3(), probe_unknown_leaf(),
    probe_privileged(), probe_enter();
uint64_t leaf_loop(uint64_t, const sgx::SecInfo*, uint64_t, uint64_t, uint64_t);
uint64_t one_leaf(uint64_t, uint64_t, uint64_t, uint64_t);
uint64_t compute(uint64_t, uint64_t*);
void scribble();
void skipped();
}

template <typename T>
void copy(T* to, const void* from, uint64_t size) {
  for (uint64_t i = 0; i < size; ++i)
    reinterpret_cast<volatile uint8_t*>(to)[i] = static_cast<const volatile uint8_t*>(from)[i];
}

uint64_t execute(Instruction instruction, uint64_t operand) {
  if (instruction == Instruction::kSyscall) return probe_syscall();
  if (instruction == Instruction::kSysenter) return probe_sysenter(operand);
  if (instruction == Instruction::kInt80) return probe_int80();
  if (instruction == Instruction::kCpuid) return probe_cpuid();
  if (instruction == Instruction::kUd2) return probe_ud2();
  if (instruction == Instruction::kInt3) return probe_int3();
  if (instruction == Instruction::kUnknownLeaf) return probe_unknown_leaf();
  if (instruction == Instruction::kPrivileged) return probe_privileged();
  return probe_enter();
}

uint64_t pages(uint64_t leaf, uint64_t flags, uint64_t page, uint64_t source, uint64_t count) {
  sgx::SecInfo info{};
  info.flags = flags;
  return leaf_loop(leaf, &info, page, source, count);
}

void report(Arguments& a) {
  sgx::TargetInfo target;
  sgx::ReportData data{};
  alignas(sgx::kReportAlignment) sgx::Report report;
  copy(&target, a.bytes, sizeof target);
  copy(data.bytes, a.in, sizeof data.bytes);
  one_leaf(sgx::kEreport, reinterpret_cast<uint64_t>(&target), reinterpret_cast<uint64_t>(&data),
           reinterpret_cast<uint64_t>(&report));
  copy(a.bytes, &report, sizeof report);
}

void key(Arguments& a) {
  sgx::KeyRequest request;
  alignas(16) uint8_t key[16] = {};
  copy(&request, a.bytes, sizeof request);
  a.out[0] =
      one_leaf(sgx::kEgetkey, reinterpret_cast<uint64_t>(&request), reinterpret_cast<uint64_t>(key), 0);
  copy(a.bytes, key, sizeof key);
}

void read_bases(Arguments& a) {
  // SAFETY: reads the segment bases that EENTER loaded.
  asm volatile("rdfsbase %0" : "=r"(a.out[0]));
  asm volatile("rdgsbase %0" : "=r"(a.out[1]));
}

void echo(Arguments& a, uint64_t spare, uint64_t cssa, const uint64_t* passed) {
  a.out[0] = a.in[0] + 1;
  a.out[1] = cssa;
  a.out[2] = block().number;
  a.out[3] = block().enclave_size;
  a.out[4] = block().ethreads;
  a.out[5] = spare;
  a.out[6] = passed[1];  // r8
  a.out[7] = passed[0];  // r9
}

struct Frame {
  sgx::GprSgx* registers;
  sgx::ExInfo* ex_info;
};

Frame frame(uint64_t cssa) {
  uint64_t begin = block().ssa + (cssa - 1) * block().ssa_frame_size;
  auto pages = static_cast<uint32_t>(block().ssa_frame_size / sgx::kPageSize);
  return {reinterpret_cast<sgx::GprSgx*>(begin + sgx::gpr_offset(pages)),
          reinterpret_cast<sgx::ExInfo*>(begin + sgx::ex_info_offset(pages))};
}

// Where a probe keeps its stack pointer (entry.S).
uint64_t probe_stack() {
  uint64_t rsp;
  // SAFETY: a word of the Ethread block that only the probes write.
  asm volatile("movq %%gs:0x100, %0" : "=r"(rsp));
  return rsp;
}

void handle(Command command, Arguments& a, uint64_t cssa) {
  Frame f = frame(cssa);
  if (command == Command::kTick) {
    a.out[15] = a.out[15] + 1;
    scribble();
    return;
  }
  a.out[8] = f.registers->exit_info.bits;
  a.out[9] = f.ex_info->maddr;
  a.out[10] = f.ex_info->errcd;
  a.out[11] = f.registers->rip;
  a.out[12] = cssa;
  if (command == Command::kAcceptFault) {
    a.out[13] = pages(sgx::kEaccept, a.in[6], f.ex_info->maddr & ~uint64_t{0xfff}, 0, 1);
  } else if (command == Command::kSkip) {
    f.registers->rip = reinterpret_cast<uint64_t>(&skipped);
    f.registers->rsp = probe_stack();
  }
}

}  // namespace

extern "C" void enclave_main(Command command, Arguments* arguments, uint64_t spare, uint64_t cssa,
                             const uint64_t* passed) {
  Arguments& a = *arguments;
  if (cssa > 0 && command != Command::kEcho) return handle(command, a, cssa);
  if (command == Command::kEcho) return echo(a, spare, cssa, passed);
  if (command == Command::kRead) a.out[0] = probe_read(a.in[0]);
  if (command == Command::kWrite) a.out[0] = probe_write(a.in[0], a.in[1]);
  if (command == Command::kCall) a.out[0] = probe_call(a.in[0]);
  if (command == Command::kDivide) a.out[0] = probe_divide(a.in[0], a.in[1]);
  if (command == Command::kExecute) a.out[0] = execute(static_cast<Instruction>(a.in[0]), a.in[1]);
  if (command == Command::kPages) a.out[0] = pages(a.in[0], a.in[1], a.in[2], a.in[3], a.in[4]);
  if (command == Command::kOneLeaf) a.out[0] = one_leaf(a.in[0], a.in[1], a.in[2], a.in[3]);
  if (command == Command::kReport) report(a);
  if (command == Command::kKey) key(a);
  if (command == Command::kCompute) a.out[1] = compute(a.in[0], &a.out[0]);
  if (command == Command::kReadTls) read_bases(a);
}

}  // namespace scone::test
