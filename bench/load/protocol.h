#pragma once

#include <cstddef>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

#include "bench/load/plan.h"

namespace scone::bench {

// An answer that is not what the request asked for.
struct WrongAnswer : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// A key-value protocol: how requests look, and where the answer to one ends.
class Protocol {
 public:
  virtual ~Protocol() = default;

  virtual void append(std::string& out, Request request) const = 0;

  // The length of the complete answer to `request` at the start of `text`; 0 if more has to come. Throws WrongAnswer.
  virtual size_t answer_length(std::string_view text, Request request) const = 0;
};

std::unique_ptr<Protocol> make_memcached(const Options& options);
std::unique_ptr<Protocol> make_redis(const Options& options);

// The parts that all protocols share: what keys and values look like.
std::string key_name(uint32_t key);
// Begins with the key's name, so that an answer can be told from another key's.
std::string value_of(uint32_t key, uint32_t size);
// Throws WrongAnswer if `value` is not value_of(key, size).
void check_value(std::string_view value, uint32_t key, uint32_t size);
[[noreturn]] void wrong(std::string_view answer);

}  // namespace scone::bench
