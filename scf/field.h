// The fields of a body: 8 bytes of header (type, length; both 32 bits, little endian), then `length` bytes.
#pragma once

#include <cstddef>
#include <cstdint>

namespace scone::scf {

// In a body in this order, each at most once.
enum class FieldType : uint32_t {
  kArguments = 1,         // strings
  kEnvironment = 2,       // strings
  kProgram = 3,           // a string
  kWorkingDirectory = 4,  // a string
  kFspfPath = 5,          // a string
  kFspfKey = 6,           // bytes
  kFspfTag = 7,           // bytes
  kFspfMutable = 8,       // one byte: 0, 1
  kConsoleKey = 9,        // bytes
  kConsoleMode = 10,      // one byte: ConsoleMode
};

inline constexpr size_t kFieldHeaderSize = 8;

}  // namespace scone::scf
