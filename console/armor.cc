#include "console/armor.h"

namespace scone::console {
namespace {

constexpr char kDigits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr uint8_t kNoDigit = 0xff;

struct Values {
  constexpr Values() {
    for (uint8_t& value : of) value = kNoDigit;
    for (uint8_t i = 0; i < 64; ++i) of[static_cast<uint8_t>(kDigits[i])] = i;
  }
  uint8_t of[256] = {};
};
constexpr Values kValues;

// Up to 3 bytes, as 4 characters.
void encode_group(Bytes bytes, char* to) {
  const uint32_t group = static_cast<uint32_t>(bytes[0] << 16 | (bytes.size() > 1 ? bytes[1] << 8 : 0) |
                                               (bytes.size() > 2 ? bytes[2] : 0));
  to[0] = kDigits[group >> 18];
  to[1] = kDigits[group >> 12 & 63];
  to[2] = bytes.size() > 1 ? kDigits[group >> 6 & 63] : '=';
  to[3] = bytes.size() > 2 ? kDigits[group & 63] : '=';
}

// 4 characters, of which the last `padding` are '=', as 3 - padding bytes. False: not what encode_group() writes.
bool decode_group(const char* from, size_t padding, uint8_t* to) {
  uint32_t group = 0;
  for (size_t i = 0; i < 4; ++i) {
    const uint8_t value = i < 4 - padding ? kValues.of[static_cast<uint8_t>(from[i])] : 0;
    if (value == kNoDigit) return false;
    group = group << 6 | value;
  }
  const uint32_t unused = (uint32_t{1} << 8 * padding) - 1;
  if (group & unused) return false;  // two texts for the same bytes
  for (size_t i = 0; i < 3 - padding; ++i) to[i] = static_cast<uint8_t>(group >> (16 - 8 * i));
  return true;
}

size_t padding_of(std::string_view text) {
  if (!text.ends_with('=')) return 0;
  return text.ends_with("==") ? 2 : 1;
}

}  // namespace

size_t armor(Bytes record, char* line) {
  char* to = line;
  __builtin_memcpy(to, kLinePrefix.data(), kLinePrefix.size());
  to += kLinePrefix.size();
  for (; !record.empty(); record = record.subspan(record.size() < 3 ? record.size() : 3), to += 4)
    encode_group(record, to);
  *to++ = '\n';
  return static_cast<size_t>(to - line);
}

bool is_armored(std::string_view line) { return line.starts_with(kLinePrefix); }

size_t unarmor(std::string_view line, std::span<uint8_t, kMaxRecord> record) {
  if (!is_armored(line)) return 0;
  line.remove_prefix(kLinePrefix.size());
  if (line.ends_with('\r')) line.remove_suffix(1);
  if (line.empty() || line.size() % 4 != 0 || line.size() / 4 * 3 > (kMaxRecord + 2) / 3 * 3) return 0;
  const size_t padding = padding_of(line);
  const size_t size = line.size() / 4 * 3 - padding;
  if (size > record.size()) return 0;
  uint8_t* to = record.data();
  for (; line.size() > 4; line.remove_prefix(4), to += 3)
    if (!decode_group(line.data(), 0, to)) return 0;
  return decode_group(line.data(), padding, to) ? size : 0;
}

}  // namespace scone::console
