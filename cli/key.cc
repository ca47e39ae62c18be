#include "cli/key.h"

#include <cstdlib>
#include <cstring>

#include "cli/whole_file.h"
#include "crypto/random.h"

namespace scone::cli {
namespace {

constexpr size_t kLargestKeyFile = 4096;

int digit(char character) {
  if (character >= '0' && character <= '9') return character - '0';
  const char lower = static_cast<char>(character | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

bool is_space(char character) { return strchr(" \t\r\n", character) != nullptr; }

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

void wipe(std::string& text) { crypto::wipe(text.data(), text.size()); }

bool read_from_environment(const char* variable, Key& key, std::string& error) {
  char* value = getenv(variable);
  error = value ? std::string(variable) + " is not 64 hexadecimal digits"
                : std::string("no key: give a file with it, or set ") + variable;
  if (!value) return false;
  const bool parsed = parse_key(value, key);
  crypto::wipe(value, strlen(value));
  unsetenv(variable);
  return parsed;
}

}  // namespace

std::string to_hex(std::span<const uint8_t> bytes) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (uint8_t byte : bytes) {
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

std::optional<std::string> from_hex(std::string_view text) {
  if (text.size() % 2 != 0) return std::nullopt;
  std::string bytes;
  bytes.reserve(text.size() / 2);  // so that no copy of a key stays behind
  for (size_t i = 0; i < text.size(); i += 2) {
    const int high = digit(text[i]), low = digit(text[i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    bytes += static_cast<char>(high << 4 | low);
  }
  return bytes;
}

bool parse_key(std::string_view text, Key& key) {
  auto bytes = from_hex(trimmed(text));
  if (!bytes || bytes->size() != kKeyBytes) return false;
  memcpy(key.bytes().data(), bytes->data(), kKeyBytes);
  wipe(*bytes);
  return true;
}

bool read_key(const std::string& file, const char* variable, Key& key, std::string& error) {
  if (file.empty()) return read_from_environment(variable, key, error);
  auto text = read_whole_file(file, kLargestKeyFile, error);
  if (!text) return false;
  const bool parsed = parse_key(*text, key);
  wipe(*text);
  if (!parsed) error = file + ": not 64 hexadecimal digits";
  return parsed;
}

bool make_key(Key& key, std::string& error) {
  if (crypto::random_bytes(key.bytes()).ok()) return true;
  error = "no random numbers for a key";
  return false;
}

}  // namespace scone::cli
