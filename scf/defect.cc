#include "scf/defect.h"

namespace scone::scf {

const char* describe(Defect defect) {
  switch (defect) {
    case Defect::kNone:
      return "nothing is wrong with it";
    case Defect::kNotScf:
      return "it is no start-up configuration (SCF)";
    case Defect::kOtherVersion:
      return "it has a version that this scone does not read";
    case Defect::kOtherSize:
      return "its size is not the one it states: it was cut or extended";
    case Defect::kTooLarge:
      return "it is larger than a start-up configuration may be";
    case Defect::kNotAuthentic:
      return "the key is wrong, or the file was changed";
    case Defect::kNoCrypto:
      return "the cryptographic library failed";
    case Defect::kCutField:
      return "a field reaches beyond the end";
    case Defect::kUnknownField:
      return "it has a field of unknown type";
    case Defect::kFieldOrder:
      return "its fields are repeated or out of order";
    case Defect::kFieldSize:
      return "a field has an impossible size";
    case Defect::kUnterminated:
      return "a text does not end";
    case Defect::kEmbeddedNul:
      return "a text has a NUL inside";
    case Defect::kNoArguments:
      return "it has no arguments";
    case Defect::kBadVariable:
      return "a variable of the environment is not NAME=VALUE";
    case Defect::kRelativePath:
      return "a path in it is not absolute";
    case Defect::kBadValue:
      return "a field has an impossible value";
    case Defect::kIncomplete:
      return "fields that belong together are missing";
  }
  return "it is wrong in an unknown way";
}

}  // namespace scone::scf
