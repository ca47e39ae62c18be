// A host that attacks its enclave, for tests: see tests/hostile.
#pragma once

#include <cstdint>
#include <string_view>

namespace scone::host {

// Chooses the attack by name; false if there is none of that name. Without a choice the host is honest.
bool choose_attack(std::string_view name);

// Called with each system call's honest result before the enclave sees it. May also change what the arguments point to.
int64_t tamper(uint64_t number, const uint64_t (&arguments)[6], int64_t honest_result);
// Called with each slot completion (generation << 16 | slot).
uint64_t tamper_completion(uint64_t honest_value);

}  // namespace scone::host
