#include "bench/load/protocol.h"

#include <algorithm>
#include <cstdio>

namespace scone::bench {

std::string key_name(uint32_t key) {
  char name[16];
  snprintf(name, sizeof name, "key:%010u", key);
  return name;
}

std::string value_of(uint32_t key, uint32_t size) {
  std::string value = key_name(key);
  value.resize(size, 'x');
  return value;
}

// The ends are looked at, not all of it: the client must stay leaner than the server.
void check_value(std::string_view value, uint32_t key, uint32_t size) {
  const std::string name = key_name(key);
  const size_t length = std::min<size_t>(name.size(), size);
  if (value.size() != size || value.substr(0, length) != std::string_view(name).substr(0, length))
    wrong(value);
  if (size > name.size() && value.back() != 'x') wrong(value);
}

void wrong(std::string_view answer) {
  throw WrongAnswer("wrong answer: " + std::string(answer.substr(0, 80)));
}

}  // namespace scone::bench
