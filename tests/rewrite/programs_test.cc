// Real programs, run natively with every system call of their C library rewritten: same output, same exit status.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <ostream>
#include <string>

namespace scone::rewrite {
namespace {

struct Finished {
  std::string output;
  int status;
};

// The output (both streams) and status of a shell command.
Finished run(const std::string& command) {
  Finished finished;
  FILE* pipe = popen(("( " + command + " ) 2>&1").c_str(), "r");
  char buffer[4096];
  size_t size;
  while ((size = fread(buffer, 1, sizeof buffer, pipe)) > 0) finished.output.append(buffer, size);
  finished.status = pclose(pipe);
  return finished;
}

struct Program {
  const char* name;
  const char* needs;    // an executable; the case is skipped without it
  const char* command;  // what `$R` precedes runs rewritten
};

void PrintTo(const Program& program, std::ostream* out) { *out << program.name; }

constexpr Program kPrograms[] = {
    {"True", "/bin/true", "$R /bin/true"},
    {"False", "/bin/false", "$R /bin/false"},
    {"List", "/bin/ls", "$R ls -la /usr/lib /etc"},
    {"Sort", "/usr/bin/sort", "seq 30000 | $R sort -R --random-source=/bin/ls | $R sort -n | $R md5sum"},
    {"Digest", "/usr/bin/sha256sum", "$R sha256sum /bin/bash /lib/x86_64-linux-gnu/libc.so.6"},
    {"Find", "/usr/bin/find", "$R find /usr/share/doc -name 'c*' | $R head -n 2000 | $R wc"},
    {"Shell", "/bin/bash",
     "$R bash -c 'for i in 1 2 3; do echo $i; done | (read a; echo $a; cat); x=$(echo sub); echo $x; trap "
     "\"echo T\" "
     "USR1; kill -USR1 $$; wait; exit 7'"},
    {"Pipes", "/bin/dd",
     "$R dd if=/dev/zero bs=1000 count=3000 status=none | $R cat | $R tail -c 2999999 | $R cksum"},
    {"Tar", "/bin/tar", "$R tar -C /usr/share -cf - misc 2>/dev/null | $R tar -tf - | $R md5sum"},
    {"CompressedByThreads", "/usr/bin/xz",
     "seq 300000 | $R xz -T2 -1 --block-size=200000 | $R xz -dc | $R md5sum"},
    {"Awk", "/usr/bin/awk", "seq 1000 | $R awk '{s+=$1} END {print s}'"},
    {"Perl", "/usr/bin/perl",
     "$R perl -e 'print join(\",\", map {fork() ? 0 : exit 1} 1..3), qq(\\n); 1 while wait() > 0; print "
     "`echo hi`'"},
    {"Sleep", "/bin/sleep", "$R timeout 0.2 sleep 5"},
    {"PythonThreads", "/usr/bin/python3",
     "$R python3 -c 'import threading, time, os, subprocess, signal\n"
     "done = []\n"
     "def work(n):\n"
     "  for i in range(200): os.getppid(); time.sleep(0.0001)\n"
     "  done.append(n)\n"
     "threads = [threading.Thread(target=work, args=(i,)) for i in range(8)]\n"
     "[t.start() for t in threads]; [t.join() for t in threads]\n"
     "print(sorted(done))\n"
     "print(subprocess.run([\"echo\", \"child\"], capture_output=True).stdout)\n"
     "signal.signal(signal.SIGALRM, lambda *a: print(\"alarm\"))\n"
     "signal.setitimer(signal.ITIMER_REAL, 0.05); time.sleep(0.2)\n'"},
    {"CppException", "/usr/bin/c++",
     "d=$(mktemp -d); printf '%s' '#include <cstdio>\n#include <stdexcept>\n#include <unistd.h>\n#include "
     "<stdlib.h>\n"
     "int compare(const void*, const void*) { write(1, \"x\", 1); throw std::runtime_error(\"thrown\"); }\n"
     "int main() { int a[2] = {1, 2}; try { qsort(a, 2, 4, compare); } catch (std::exception& e) { "
     "puts(e.what()); } }'"
     " > $d/a.cc; c++ -o $d/a $d/a.cc 2>/dev/null; $R $d/a; rm -r $d"},
};

class Programs : public testing::TestWithParam<Program> {};

TEST_P(Programs, SameOutputAndStatus) {
  const Program& program = GetParam();
  if (access(program.needs, X_OK) != 0) GTEST_SKIP() << program.needs << " is not installed";
  std::string report = testing::TempDir() + "/scone_rewrite_" + program.name + std::to_string(getpid());
  unlink(report.c_str());
  unsetenv("R");
  Finished plain = run(program.command);
  setenv("R", ("env LD_PRELOAD=" REWRITE_PRELOAD " REWRITE_REPORT=" + report).c_str(), 1);
  Finished rewritten = run(program.command);
  EXPECT_EQ(rewritten.output, plain.output);
  EXPECT_EQ(rewritten.status, plain.status);

  // It did run rewritten: both modules, most sites, and calls were made through them.
  std::ifstream lines(report);
  unsigned modules = 0, sites = 0, left = 0, arrivals = 0;
  unsigned long calls = 0, vector_calls = 0;
  ASSERT_TRUE(lines >> modules >> sites >> left >> calls >> vector_calls >> arrivals);
  EXPECT_EQ(modules, 2u);
  EXPECT_GT(sites, 500u);
  EXPECT_LT(left, 10u);
  EXPECT_GT(calls + vector_calls, 0u);
  EXPECT_EQ(arrivals, 0u);
  unlink(report.c_str());
}

INSTANTIATE_TEST_SUITE_P(Native, Programs, testing::ValuesIn(kPrograms),
                         [](const auto& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace scone::rewrite
