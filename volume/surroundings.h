// What a volume tells and asks the program that it is part of.
#pragma once

#include <cstdint>
#include <string_view>

#include "volume/bytes.h"

namespace scone::volume {

// Why an operation was refused. The texts live until report() returns.
struct Failure {
  int error;                // errno the operation ends with: EIO, EBADMSG, ENOSPC, EROFS, …
  std::string_view path;    // of the host file concerned
  std::string_view reason;  // what was found, e.g. "chunk does not verify: changed, swapped or rolled back"
  uint64_t position;        // byte offset in that file where it was found, if it has one
};

class Surroundings {
 public:
  virtual ~Surroundings() = default;
  // Nanoseconds since the epoch, for time stamps.
  virtual int64_t now() = 0;
  // After each commit, before it is confirmed: the state that must be expected at the next mount. Called with the volume
  // locked as the caller of sync() locked it; must not call the volume.
  virtual void on_new_tag(const Tag& tag) = 0;
  // Damage and host failures; may be called by concurrent reads.
  virtual void report(const Failure& failure) = 0;
};

}  // namespace scone::volume
