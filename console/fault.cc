#include "console/reader.h"

namespace scone::console {

const char* describe(Fault fault) {
  switch (fault) {
    case Fault::kNone:
      return "nothing is wrong";
    case Fault::kDamagedLine:
      return "a damaged line";
    case Fault::kOtherVersion:
      return "a record of a version that this scone does not read";
    case Fault::kMalformed:
      return "a malformed record";
    case Fault::kOtherStream:
      return "a record of another stream";
    case Fault::kNotAuthentic:
      return "a record that was changed, forged, or belongs to another run or key";
    case Fault::kStale:
      return "a replayed beginning: it belongs to another run";
    case Fault::kReplayed:
      return "a replayed record";
    case Fault::kMissing:
      return "records were lost or reordered";
    case Fault::kAfterEnd:
      return "a record after the last one";
    case Fault::kTruncated:
      return "truncated: the last record is missing";
    case Fault::kCrypto:
      return "the cryptographic library failed";
  }
  return "an unknown fault";
}

}  // namespace scone::console
