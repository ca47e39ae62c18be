// Loops around single system calls and thread operations. A timed loop and no framework, so that nothing but the
// operation differs between a run in an enclave and one outside.
#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <set>

#include "bench/micro/benchmark.h"

namespace scone::bench {
namespace {

constexpr Benchmark kBenchmarks[] = {
    {"getppid", getppid_calls},
    {"clock", clock_reads},
    {"pwrite32", small_writes},
    {"mmap", mappings},
    {"page-faults", page_faults},
    {"pipe-pingpong", pipe_pingpong},
    {"socketpair-pingpong", socketpair_pingpong},
    {"semaphore-pingpong", semaphore_pingpong},
    {"condvar-pingpong", condvar_pingpong},
    {"mutex-contended", contended_mutex},
    {"bursts", compute_bursts},
    {"create-join", create_and_join},
    {"sleepers", sleepers},
};

}  // namespace

uint64_t monotonic_ns() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(now.tv_nsec);
}

void fail(const char* what) {
  fprintf(stderr, "bench-micro: %s: %s\n", what, strerror(errno));
  exit(1);
}

int main(int argc, char** argv) {
  Settings settings;
  std::string name;
  CLI::App app("Repeats one operation and prints as JSON how often it was done.");
  std::set<std::string> names;
  for (const Benchmark& one : kBenchmarks) names.insert(one.name);
  app.add_option("benchmark", name)->required()->check(CLI::IsMember(names));
  app.add_option("--seconds", settings.seconds)->check(CLI::Range(0.01, 3600.0))->capture_default_str();
  app.add_option("--threads", settings.threads)->check(CLI::Range(1, 100'000))->capture_default_str();
  app.add_option("--folder", settings.folder, "for files")->check(CLI::ExistingDirectory);
  CLI11_PARSE(app, argc, argv);
  for (const Benchmark& one : kBenchmarks) {
    if (one.name != name) continue;
    const Count count = one.run(settings);
    printf("{\"operations\": %lu, \"seconds\": %.6f}\n", count.operations, count.seconds);
  }
  return 0;
}

}  // namespace scone::bench

int main(int argc, char** argv) { return scone::bench::main(argc, argv); }
