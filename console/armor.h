// A record as a line of text: "~scone:", the record in base64 (RFC 4648, section 4), a newline.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "console/record.h"

namespace scone::console {

inline constexpr std::string_view kLinePrefix = "~scone:";
inline constexpr size_t kMaxLine = kLinePrefix.size() + (kMaxRecord + 2) / 3 * 4 + 1;
static_assert(kMaxLine < 4096);

// Writes the line of `record`, newline included, to `line`; returns its length. Preconditions: record.size() <= kMaxRecord, `line`
// has kMaxLine bytes.
size_t armor(Bytes record, char* line);

// True if the line (without its newline) means to be a record. Anything else is what the host says in its own name.
bool is_armored(std::string_view line);

// Reads a line without its newline back into `record`, kMaxRecord bytes. Accepts only what armor() writes, and a carriage return
// at the end, which terminals add. Returns the record's size; 0 if the line is damaged.
size_t unarmor(std::string_view line, std::span<uint8_t, kMaxRecord> record);

}  // namespace scone::console
