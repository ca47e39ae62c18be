// How many system calls of real programs are redirected, how fast, and whether an independent checker agrees.
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <vector>

#include "enclave/rewrite/references.h"
#include "enclave/rewrite/rewrite.h"
#include "tests/rewrite/checker.h"
#include "tests/rewrite/elf_file.h"

namespace scone::rewrite {
namespace {

constexpr EntryOffsets kEntries{0x48, 0x50};

struct Coverage {
  Outcome outcome;
  uint32_t behind = 0, before = 0, vector = 0;
  double milliseconds = 1e9;
  std::string complaint;
};

Coverage measure(const std::string& path) {
  Coverage coverage;
  for (int round = 0; round < 5; ++round) {
    ElfFile file(path);
    std::vector<uint8_t> area(trampoline_bytes_needed(count_syscall_bytes(file.code().bytes)));
    SiteTable table;
    TrampolineArea trampolines{file.free_address(), area};
    auto start = std::chrono::steady_clock::now();
    Result<Outcome> outcome = rewrite(file.code(), file.unwind(), trampolines, kEntries, table, file.entry());
    std::chrono::duration<double, std::milli> spent = std::chrono::steady_clock::now() - start;
    coverage.milliseconds = std::min(coverage.milliseconds, spent.count());
    if (!outcome.ok()) {
      coverage.complaint = "error " + std::to_string(outcome.error().code());
      return coverage;
    }
    if (round != 0) continue;
    coverage.outcome = outcome.value();
    std::vector<Site> sites = sites_in(table, file.code().address, file.code().end());
    for (const Site& site : sites) {
      ++(site.syscall == 0 ? coverage.behind : coverage.before);
      coverage.vector += site.vector;
    }
    coverage.complaint = check(file.original(), file.code().bytes, file.code().address, trampolines, table,
                               file.functions(), kEntries.general, kEntries.vector);
  }
  return coverage;
}

// Precondition of a meaningful comparison: the file holds the system calls it held when it was first looked at.
void expect_coverage(const std::string& path, double least) {
  if (!ElfFile(path).valid()) GTEST_SKIP() << path << " is not installed";
  Coverage coverage = measure(path);
  const Outcome& outcome = coverage.outcome;
  uint32_t sites = outcome.rewritten + outcome.left;
  std::printf(
      "%s: %u sites, behind %u, before %u, left %u; %u with vector code; %.2f ms, %lu trampoline bytes\n",
      path.c_str(), sites, coverage.behind, coverage.before, outcome.left, coverage.vector,
      coverage.milliseconds, outcome.trampoline_bytes);
  EXPECT_EQ(coverage.complaint, "");
  ASSERT_NE(sites, 0u);
  EXPECT_GE(outcome.rewritten, least * sites);
  // Far above what it takes; catches a return to decoding everything.
  EXPECT_LT(coverage.milliseconds, 100.0);
}

TEST(Coverage, Libc) { expect_coverage("/lib/x86_64-linux-gnu/libc.so.6", 0.98); }
TEST(Coverage, DynamicLinker) { expect_coverage("/lib64/ld-linux-x86-64.so.2", 0.95); }
TEST(Coverage, Musl) { expect_coverage("/lib/ld-musl-x86_64.so.1", 0.97); }
TEST(Coverage, BusyboxStatic) { expect_coverage("/bin/busybox", 0.97); }

// Its code uses no vector registers, so no call from it has any to save.
TEST(Coverage, Vdso) {
  expect_coverage(VDSO_FILE, 1.0);
  EXPECT_EQ(measure(VDSO_FILE).outcome.rewritten, 1u);
  EXPECT_EQ(measure(VDSO_FILE).vector, 0u);
}

TEST(Coverage, StaticGo) {
  if (std::system("go version >/dev/null 2>&1") != 0) GTEST_SKIP() << "go is not installed";
  std::filesystem::path directory = std::filesystem::path(testing::TempDir()) / "scone_rewrite_go";
  std::filesystem::create_directories(directory);
  FILE* source = std::fopen((directory / "main.go").c_str(), "w");
  ASSERT_NE(source, nullptr);
  std::fputs("package main\n\nimport \"fmt\"\n\nfunc main() { fmt.Println(\"hello\") }\n", source);
  std::fclose(source);
  std::string build = "cd " + directory.string() + " && CGO_ENABLED=0 go build -o program main.go";
  ASSERT_EQ(std::system(build.c_str()), 0);
  expect_coverage(directory / "program", 0.95);
}

}  // namespace
}  // namespace scone::rewrite
