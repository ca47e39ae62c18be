// Why a program could not be started: for the person who typed its name.
#pragma once

#include <cstdint>

#include "base/result.h"

namespace scone::loader {

enum class Reason : uint8_t {
  kNone,
  // The file.
  kNotFound,
  kNotADirectory,
  kNoPermission,
  kDirectory,
  kNotRegularFile,
  kPathTooLong,
  kPathLoop,
  kUnreadable,
  // Its format.
  kEmpty,
  kNotElf,
  kTruncated,
  kNot64Bit,
  kWrongMachine,
  kNotAProgram,
  kBadHeader,
  kNothingToLoad,
  kDoesNotFit,
  kBadInterpreterName,
  kInterpreterNotFound,
  kInterpreterUnusable,
  kBadScript,
  kScriptLoop,
  // What it was given.
  kArgumentsTooLong,
  kNoMemory,
  kNoRandomness,
  kOther,
};

// What execve(2) returns for it. Precondition: not kNone.
Errno to_errno(Reason reason);
// The reason that says most for an error of another part of the runtime (opening, mapping, …).
Reason to_reason(Errno error);
// One line of text, without the program's name and without a newline. Never null.
const char* describe(Reason reason);
// As POSIX shells say: 127 if there is no such program, 126 if there is but it cannot be run.
int exit_status(Reason reason);

// Notes `reason` and gives the error to return: `return refuse(Reason::kNotElf, why);`.
inline Errno refuse(Reason reason, Reason& why) {
  why = reason;
  return to_errno(reason);
}

}  // namespace scone::loader
