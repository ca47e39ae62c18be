// From a configuration to the body that parse() reads.
#pragma once

#include <cstddef>
#include <span>

#include "scf/configuration.h"

namespace scone::scf {

// Bytes that encode() writes.
size_t encoded_size(const Configuration& configuration);
// Writes the body of `configuration` to the front of `to`. Precondition: to.size() >= encoded_size(configuration). Values are not
// checked: parse() does that.
void encode(const Configuration& configuration, std::span<uint8_t> to);

}  // namespace scone::scf
