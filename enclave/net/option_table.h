// The socket options that are let through, as data.
#pragma once

#include <cstdint>

namespace scone::net {

struct OptionRow {
  int level;
  int name;
  uint16_t max_size;  // bytes of its value; longer values are cut
};

// nullptr: unknown, or not allowed because its value holds pointers or keys, or because it would move work (filters, TLS)
// out of the enclave. Programs see ENOPROTOOPT.
const OptionRow* find_option(int level, int name);

}  // namespace scone::net
