#include "crypto/section.h"

namespace scone::crypto {

Section::Section() { (void)outer_; }
Section::~Section() = default;

}  // namespace scone::crypto
