// What the model's transitions cost, and that --cost is what it says.
#include <benchmark/benchmark.h>
#include <x86intrin.h>

#include "tests/sgx/test_machine.h"

namespace scone::test {
namespace {

void BM_EnterAndExit(benchmark::State& state) {
  host::soft::SoftOptions options{
      state.range(0) ? host::soft::Fidelity::kFast : host::soft::Fidelity::kStrict,
      static_cast<uint64_t>(state.range(1))};
  TestMachine machine(options);
  uint64_t begin = __rdtsc();
  for (auto _ : state) machine.enter(Command::kReadTls);
  state.counters["cycles"] =
      benchmark::Counter(static_cast<double>(__rdtsc() - begin), benchmark::Counter::kAvgIterations);
}
BENCHMARK(BM_EnterAndExit)
    ->ArgNames({"fast", "cost"})
    ->Args({1, 0})
    ->Args({0, 0})
    ->Args({1, 8000})
    ->Args({1, 13000});

void BM_ExceptionAndResume(benchmark::State& state) {
  TestMachine machine({state.range(0) ? host::soft::Fidelity::kFast : host::soft::Fidelity::kStrict, 0});
  for (auto _ : state) machine.result(Command::kDivide, 1, 0);
}
BENCHMARK(BM_ExceptionAndResume)->ArgName("fast")->Arg(1)->Arg(0);

void BM_Accept(benchmark::State& state) {
  auto count = static_cast<uint64_t>(state.range(0));
  TestMachine machine({host::soft::Fidelity::kFast, 0});
  uint64_t flags =
      sgx::make_sec_info(sgx::kSecInfoR | sgx::kSecInfoW | sgx::kSecInfoPending, sgx::kPtReg).flags;
  uint64_t next = 0x10'0000;
  for (auto _ : state) {
    machine.pages(sgx::kEaccept, flags, next, 0, count);
    next += count * sgx::kPageSize;
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(BM_Accept)->ArgName("pages")->Arg(1)->Arg(16)->Arg(1024)->Iterations(2000);

void BM_BuildEnclave(benchmark::State& state) {
  for (auto _ : state) TestMachine machine({host::soft::Fidelity::kFast, 0}, 2);
}
BENCHMARK(BM_BuildEnclave)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace scone::test

BENCHMARK_MAIN();
