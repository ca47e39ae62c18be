// SCONE_FSPF and its relatives.
#include <linux/errno.h>

#include "enclave/boundary/log.h"
#include "enclave/runtime/memory.h"
#include "enclave/shield/start.h"

namespace scone::shield {
namespace {

std::optional<std::string_view> value_of(const char* const* environment, std::string_view name) {
  for (; *environment; ++environment) {
    const std::string_view entry(*environment);
    if (entry.size() > name.size() && entry.starts_with(name) && entry[name.size()] == '=')
      return entry.substr(name.size() + 1);
  }
  return std::nullopt;
}

int digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

// Exactly as many bytes as there is room for.
bool read_hex(std::string_view text, volume::MutableBytes to) {
  if (text.size() != to.size() * 2) return false;
  for (size_t i = 0; i < to.size(); ++i) {
    const int high = digit(text[2 * i]), low = digit(text[2 * i + 1]);
    if (high < 0 || low < 0) return false;
    to[i] = static_cast<uint8_t>(high << 4 | low);
  }
  return true;
}

// Bytes, with K, M or G behind it.
std::optional<uint64_t> read_size(std::string_view text) {
  uint64_t value = 0;
  size_t i = 0;
  for (; i < text.size() && digit(text[i]) >= 0 && digit(text[i]) < 10 && value < UINT32_MAX; ++i)
    value = value * 10 + static_cast<unsigned>(digit(text[i]));
  if (i == 0) return std::nullopt;
  const std::string_view unit = text.substr(i);
  if (unit == "K") return value << 10;
  if (unit == "M") return value << 20;
  if (unit == "G") return value << 30;
  return unit.empty() ? std::optional(value) : std::nullopt;
}

Errno refuse(const char* variable, const char* why) {
  boundary::log(boundary::Line() << "scone: " << variable << ": " << why);
  return Errno(EINVAL);
}

}  // namespace

Result<FileSettings> file_settings(const char* const* environment, uint8_t (&key)[32]) {
  FileSettings settings;
  const auto path = value_of(environment, "SCONE_FSPF");
  if (!path || path->empty()) return Errno(ENOENT);
  settings.fspf = *path;
  if (const auto text = value_of(environment, "SCONE_FSPF_KEY")) {
    if (!read_hex(*text, key)) return refuse("SCONE_FSPF_KEY", "wants 64 hexadecimal digits");
    settings.key = key;
  }
  if (const auto text = value_of(environment, "SCONE_FSPF_TAG")) {
    volume::Tag tag;
    if (!read_hex(*text, tag)) return refuse("SCONE_FSPF_TAG", "wants 32 hexadecimal digits");
    settings.tag = tag;
  }
  if (const auto text = value_of(environment, "SCONE_FSPF_MUTABLE"))
    settings.is_mutable = *text == "1" || *text == "true";
  if (const auto text = value_of(environment, "SCONE_FSPF_CACHE")) {
    const auto size = read_size(*text);
    if (!size || *size < 16 * file::kPageSize)
      return refuse("SCONE_FSPF_CACHE", "wants a size of at least 64K");
    settings.cache = *size;
  }
  return settings;
}

}  // namespace scone::shield
