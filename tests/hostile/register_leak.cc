// A host that reads the registers the enclave leaves with. usage: register_leak COMMAND… (it runs `COMMAND… THIS-PROGRAM victim`)
//
// The victim fills all vector, mask and x87 registers with a pattern before each system call that the host has to serve. The runner is traced: at
// each of its system calls no register may hold the pattern. The runner itself uses few vector registers, so what leaves the enclave shows.
#include <asm/unistd.h>
#include <elf.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstring>
#include <vector>

namespace {

constexpr uint64_t kPattern = 0x5ec2e75ec2e75ec2;
constexpr int kCalls = 200;
// The software model cannot clear registers before a signal handler of the runner starts, as an AEX does in silicon: a tick that meets the
// program with full registers may show them once.
constexpr int kTicks = 5;

// The system call with the registers full, so that no compiler's code comes in between.
long call_with_full_registers(long number, const char* path) {
  static const uint64_t pattern[8] = {kPattern, kPattern, kPattern, kPattern,
                                      kPattern, kPattern, kPattern, kPattern};
  static const bool wide = __builtin_cpu_supports("avx512bw");
  if (__builtin_cpu_supports("avx"))
    asm volatile(
        ".irp n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15\n\tvmovdqu (%0), %%ymm\\n\n\t.endr" ::"r"(pattern)
        : "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", "xmm11",
          "xmm12", "xmm13", "xmm14", "xmm15");
  if (wide)
    asm volatile(
        ".irp n, 16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31\n\tvmovdqu64 (%0), %%zmm\\n\n\t.endr\n\t"
        ".irp n, 1,2,3,4,5,6,7\n\tkmovq (%0), %%k\\n\n\t.endr" ::"r"(pattern));
  long result = number;
  asm volatile("syscall" : "+a"(result) : "D"(path), "S"(0) : "rcx", "r11", "memory");
  return result;
}

void fill_x87() { asm volatile(".rept 8\n\tfildll %0\n\t.endr" ::"m"(kPattern)); }

int victim(bool x87) {
  for (int i = 0; i < kCalls; ++i) {
    if (x87) fill_x87();
    call_with_full_registers(__NR_access, "/this/does/not/exist");
    asm volatile("fninit");
  }
  puts("done");
  return 0;
}

bool holds_pattern(const std::vector<uint8_t>& state) {
  for (size_t at = 0; at + sizeof kPattern <= state.size(); at += 2)
    if (memcmp(&state[at], &kPattern, sizeof kPattern) == 0) return true;
  return false;
}

// Follows the runner and all its threads to its end. Returns at how many system calls the pattern was seen, or -1.
int trace(pid_t runner, int& stops) {
  int leaks = 0;
  std::vector<uint8_t> state(16 << 10);
  int status;
  for (pid_t thread; (thread = waitpid(-1, &status, __WALL)) > 0;) {
    if (WIFEXITED(status) || WIFSIGNALED(status)) {
      if (thread != runner) continue;
      return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? leaks : -1;
    }
    int signal = WSTOPSIG(status);
    if (signal == (SIGTRAP | 0x80)) {
      iovec registers{state.data(), state.size()};
      if (ptrace(PTRACE_GETREGSET, thread, NT_X86_XSTATE, &registers) != 0) return -1;
      ++stops;
      leaks += holds_pattern({state.begin(), state.begin() + static_cast<long>(registers.iov_len)});
    }
    const bool own = signal == (SIGTRAP | 0x80) || signal == SIGSTOP || status >> 16 != 0;
    ptrace(PTRACE_SYSCALL, thread, nullptr, own ? 0 : signal);
  }
  return -1;
}

// Runs `command` as the one that is watched. Its last element is null.
int watch(const char* role, const std::vector<char*>& command) {
  const pid_t runner = fork();
  if (runner == 0) {
    ptrace(PTRACE_TRACEME, 0, nullptr, nullptr);
    raise(SIGSTOP);
    execvp(command[0], command.data());
    _exit(127);
  }
  int status, stops = 0;
  waitpid(runner, &status, 0);
  ptrace(PTRACE_SETOPTIONS, runner, nullptr,
         PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL);
  ptrace(PTRACE_SYSCALL, runner, nullptr, 0);
  const int leaks = trace(runner, stops);
  printf("%s: %d stops, %d with the pattern\n", role, stops, leaks);
  return leaks >= 0 && leaks <= kTicks && stops > 2 * kCalls ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc > 1 && strncmp(argv[1], "victim", 6) == 0) return victim(strcmp(argv[1], "victim-x87") == 0);
  int failed = 0;
  for (const char* role : {"victim", "victim-x87"}) {
    std::vector<char*> command(argv + 1, argv + argc);
    for (const char* argument : {const_cast<const char*>(argv[0]), role})
      command.push_back(const_cast<char*>(argument));
    command.push_back(nullptr);
    failed |= watch(role, command);
  }
  return failed;
}
