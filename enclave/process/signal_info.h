// What accompanies a signal: the kernel's siginfo_t (sigaction(2)).
#pragma once

#include <cstddef>
#include <cstdint>

namespace scone::process {

// Values of Info::code that are not specific to one signal.
inline constexpr int kCodeUser = 0;  // kill(2)
inline constexpr int kCodeKernel = 0x80;
inline constexpr int kCodeQueue = -1;       // sigqueue(3)
inline constexpr int kCodeTimer = -2;       // timer_create(2)
inline constexpr int kCodeThreadKill = -6;  // tkill(2), tgkill(2)

// Layout of siginfo_t on x86-64, so that it can be copied to a program as it is.
struct Info {
  int32_t signal = 0;
  int32_t error = 0;
  int32_t code = 0;
  int32_t padding = 0;
  union {
    struct {  // kill, sigqueue
      int32_t pid;
      uint32_t uid;
      uint64_t value;
    } sender;
    struct {  // POSIX timers
      int32_t id;
      int32_t overrun;
      uint64_t value;
      int32_t private_word;
    } timer;
    struct {  // SIGCHLD
      int32_t pid;
      uint32_t uid;
      int32_t status;
      int64_t user_time, system_time;
    } child;
    struct {  // SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP
      uint64_t address;
      int16_t address_lsb;
    } fault;
    struct {  // SIGPOLL
      int64_t band;
      int32_t fd;
    } poll;
    struct {  // SIGSYS
      uint64_t call_address;
      int32_t call_number;
      uint32_t architecture;
    } call;
    uint8_t rest[112] = {};
  };

  // As kill(2) or tgkill(2) make them.
  static Info from_sender(int signal, int code, int pid, uint32_t uid) {
    Info info;
    info.signal = signal;
    info.code = code;
    info.sender.pid = pid;
    info.sender.uid = uid;
    return info;
  }
  static Info from_fault(int signal, int code, uint64_t address) {
    Info info;
    info.signal = signal;
    info.code = code;
    info.fault.address = address;
    return info;
  }
};
static_assert(sizeof(Info) == 128 && offsetof(Info, sender) == 16 && offsetof(Info, sender.value) == 24);

}  // namespace scone::process
