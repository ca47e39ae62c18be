// The system-call table: what the runtime answers, as data.
#pragma once

#include <concepts>
#include <cstdint>
#include <type_traits>

#include "base/result.h"
#include "enclave/boundary/app_ptr.h"

namespace scone::syscall {

enum class Support : uint8_t {
  kFull,     // as Linux does it, within what the enclave can observe
  kPartial,  // the note says what is missing
  kNone,     // ENOSYS
};

using Handler = Result<uint64_t> (*)(const uint64_t* arguments);

struct Entry {
  uint16_t number;
  const char* name;
  Handler handler;          // nullptr: ENOSYS
  const char* signature;    // one letter per argument, for the trace: d int, u unsigned, x hex, o octal, p pointer, s string, z size
  Support support;
  const char* note;         // what is missing or why
};

inline constexpr unsigned kTableSize = 512;
// nullptr for a number that has no row.
const Entry* find(uint64_t number);

// Adapts a typed handler, e.g. Result<int> sys_pipe2(AppPtr<int>, int), to the table: integers are truncated as the
// kernel's calling convention says, AppPtr takes the address.
template <typename T>
T argument_from(uint64_t value) {
  if constexpr (std::integral<T>)
    return static_cast<T>(value);
  else
    return T(value);
}

template <auto Function>
struct Adapter;
template <typename R, typename... Args, Result<R> (*Function)(Args...)>
struct Adapter<Function> {
  static Result<uint64_t> call(const uint64_t* arguments) { return expand(arguments, std::index_sequence_for<Args...>()); }

 private:
  template <size_t... I>
  static Result<uint64_t> expand([[maybe_unused]] const uint64_t* arguments, std::index_sequence<I...>) {
    if constexpr (std::is_void_v<R>) {
      TRY(Function(argument_from<Args>(arguments[I])...));
      return uint64_t{0};
    } else {
      R value = TRY(Function(argument_from<Args>(arguments[I])...));
      return static_cast<uint64_t>(static_cast<int64_t>(value));
    }
  }
};

}  // namespace scone::syscall
