// What the rewriter is given: bytes in memory, and the addresses at which they run.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

namespace scone::rewrite {

// A freshly loaded executable segment: writable now, not yet executable, seen by one thread only.
// `address` is where it will run; it need not be where the bytes are (unit tests).
struct CodeView {
  uint64_t address = 0;
  std::span<uint8_t> bytes;

  uint64_t end() const { return address + bytes.size(); }
  bool contains(uint64_t where) const { return where >= address && where - address < bytes.size(); }
};

// Read-only bytes at an address. Reading outside gives nothing, never a fault.
struct DataView {
  uint64_t address = 0;
  std::span<const uint8_t> bytes;

  template <typename T>
  std::optional<T> read(uint64_t where) const {
    uint64_t offset = where - address;
    if (where < address || offset > bytes.size() || bytes.size() - offset < sizeof(T)) return std::nullopt;
    T value;
    __builtin_memcpy(&value, bytes.data() + offset, sizeof(T));
    return value;
  }
};

// Where a file's function boundaries can be found: `header` is the run-time address of PT_GNU_EH_FRAME
// (0: there is none), `data` the readable segment that holds it and .eh_frame. File data: not trusted.
struct UnwindView {
  uint64_t header = 0;
  DataView data;
};

// Room for trampolines, within 2 GiB of the code, written by us and made R+X by the caller afterwards. What is not
// used is not touched.
struct TrampolineArea {
  uint64_t address = 0;
  std::span<uint8_t> bytes;
};

// Addresses [begin, end).
struct FunctionRange {
  uint64_t begin = 0;
  uint64_t end = 0;
};

}  // namespace scone::rewrite
