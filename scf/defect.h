// Why a start-up configuration was refused.
#pragma once

#include <cstdint>

namespace scone::scf {

enum class Defect : uint8_t {
  kNone,
  // The file.
  kNotScf,
  kOtherVersion,
  kOtherSize,
  kTooLarge,
  kNotAuthentic,
  kNoCrypto,
  // The body.
  kCutField,
  kUnknownField,
  kFieldOrder,
  kFieldSize,
  kUnterminated,
  kEmbeddedNul,
  kNoArguments,
  kBadVariable,
  kRelativePath,
  kBadValue,
  kIncomplete,
};

// A sentence without its subject, for people. Never null.
const char* describe(Defect defect);

}  // namespace scone::scf
