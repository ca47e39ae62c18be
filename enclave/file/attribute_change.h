// What chmod(2), chown(2) and utimensat(2) ask for.
#pragma once

#include <cstdint>
#include <optional>

namespace scone::file {

// Absent: stays as it is.
struct AttributeChange {
  std::optional<uint32_t> mode{};
  std::optional<uint32_t> user{}, group{};
  std::optional<int64_t> access_time{}, modification_time{};  // ns since the epoch
};

}  // namespace scone::file
