// The start-up configuration of a program (SCF): what an enclave learns over a channel that it trusts.
//
// The body (docs/formats/scf.md) is a list of typed fields. Parsing copies nothing: a Configuration refers to the body that it
// was parsed from. Everything here is freestanding and shared by the enclave and the client.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "scf/string_list.h"

namespace scone::scf {

// Bytes. What is larger is refused before it is looked at.
inline constexpr size_t kMaxBody = 1 << 20;
inline constexpr size_t kKeySize = 32;
inline constexpr size_t kMinTag = 16;
inline constexpr size_t kMaxTag = 64;

using Bytes = std::span<const uint8_t>;

// The file-system protection file and what it is verified with.
struct Fspf {
  std::string_view path;  // absolute, NUL-terminated in the body
  Bytes key;              // kKeySize bytes
  Bytes tag;              // kMinTag … kMaxTag bytes
  bool is_mutable = false;
};

enum class ConsoleMode : uint8_t {
  kInteractive = 1,  // the program starts when a client has answered; input and output
  kLog = 2,          // output only: nobody is asked, and input is empty
};

struct Console {
  Bytes key;  // kKeySize bytes
  ConsoleMode mode = ConsoleMode::kInteractive;
};

struct Configuration {
  std::string_view program;            // empty: the first argument, looked up along PATH if it has no slash
  StringList arguments;                // at least one
  StringList environment;              // NAME=VALUE each
  std::string_view working_directory;  // absolute, or empty: /
  std::optional<Fspf> fspf;
  std::optional<Console> console;
};

}  // namespace scone::scf
