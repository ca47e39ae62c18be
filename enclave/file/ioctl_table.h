// The ioctl(2) requests that are forwarded, as data.
#pragma once

#include <cstdint>
#include <span>

namespace scone::file {

enum class IoctlArgument : uint8_t {
  kNone,   // ignored by the kernel
  kValue,  // the argument is an integer itself
  kIn,     // points to a struct that the kernel reads
  kOut,    // points to a struct that the kernel fills
};

struct IoctlRow {
  uint32_t request;
  const char* name;
  IoctlArgument argument;
  uint16_t size;   // of the struct, bytes
  bool may_block;  // waits for the device (output to drain, …)
};

// nullptr: not known, which programs see as ENOTTY. No row has a struct with pointers in it.
const IoctlRow* find_ioctl(uint32_t request);
std::span<const IoctlRow> ioctl_rows();

inline constexpr uint16_t kMaxIoctlSize = 64;

}  // namespace scone::file
