#include "host/runner/hostile.h"

namespace scone::host {

bool choose_attack(std::string_view) { return false; }

int64_t tamper(uint64_t, const uint64_t (&)[6], int64_t honest_result) { return honest_result; }

uint64_t tamper_completion(uint64_t honest_value) { return honest_value; }

}  // namespace scone::host
