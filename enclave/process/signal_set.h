// Signal numbers and sets of signals.
//
// Own names instead of <asm/signal.h>: that header cannot stand beside glibc's <signal.h>, which the unit tests on the host
// include. Values are those of x86-64 (signal(7)); signal_abi_test.cc compares them with the system's.
#pragma once

#include <cstdint>

namespace scone::process {

inline constexpr int kSigHup = 1, kSigInt = 2, kSigQuit = 3, kSigIll = 4, kSigTrap = 5, kSigAbrt = 6,
                     kSigBus = 7, kSigFpe = 8, kSigKill = 9, kSigUsr1 = 10, kSigSegv = 11, kSigUsr2 = 12,
                     kSigPipe = 13, kSigAlrm = 14, kSigTerm = 15, kSigStkflt = 16, kSigChld = 17,
                     kSigCont = 18, kSigStop = 19, kSigTstp = 20, kSigTtin = 21, kSigTtou = 22, kSigUrg = 23,
                     kSigXcpu = 24, kSigXfsz = 25, kSigVtalrm = 26, kSigProf = 27, kSigWinch = 28,
                     kSigIo = 29, kSigPwr = 30, kSigSys = 31;
inline constexpr int kSigRtMin = 32;  // the kernel's: libraries keep the first two or three for themselves
inline constexpr int kSigMax = 64;

// Bit n-1 stands for signal n, as in the kernel's sigset_t of 8 bytes.
using SignalSet = uint64_t;
inline constexpr uint64_t kSignalSetSize = sizeof(SignalSet);

constexpr bool is_signal(int signal) { return signal >= 1 && signal <= kSigMax; }

// Precondition: is_signal(each).
template <typename... Signals>
constexpr SignalSet set_of(Signals... signals) {
  return (SignalSet{0} | ... | (SignalSet{1} << (signals - 1)));
}
// Precondition: set is not empty.
constexpr int lowest(SignalSet set) { return __builtin_ctzll(set) + 1; }

inline constexpr SignalSet kUnblockable = set_of(kSigKill, kSigStop);
// Caused by an instruction of the thread: taken before all others.
inline constexpr SignalSet kSynchronous = set_of(kSigSegv, kSigBus, kSigIll, kSigTrap, kSigFpe, kSigSys);
inline constexpr SignalSet kStopping = set_of(kSigStop, kSigTstp, kSigTtin, kSigTtou);
inline constexpr SignalSet kIgnoredByDefault = set_of(kSigCont, kSigChld, kSigWinch, kSigUrg);

}  // namespace scone::process
