// Keys as people handle them: 64 hexadecimal digits.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "crypto/wipe.h"

namespace scone::cli {

inline constexpr size_t kKeyBytes = 32;
using Key = crypto::Secret<kKeyBytes>;

std::string to_hex(std::span<const uint8_t> bytes);
// Nothing if it is not an even number of hexadecimal digits.
std::optional<std::string> from_hex(std::string_view text);

// False if `text` is not the digits of one key; white space around them does not matter.
bool parse_key(std::string_view text, Key& key);

// From `file`, or, if that is empty, from the environment's `variable`, which is erased. On failure `error` says in one line why.
bool read_key(const std::string& file, const char* variable, Key& key, std::string& error);

// Makes a key that nobody else has. On failure `error` says in one line why.
bool make_key(Key& key, std::string& error);

}  // namespace scone::cli
