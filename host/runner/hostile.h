// A host that attacks its enclave, for tests: see tests/hostile. Without a choice all of this does nothing.
#pragma once

#include <cstdint>
#include <string_view>

#include "abi/border.h"

namespace scone::host {

// Chooses an attack: NAME, or NAME@N to begin with the N-th opportunity (the first is 0). False if there is none of that
// name. Before any ethread runs.
bool choose_attack(std::string_view name);

// These are called by the runner where its answers pass to the enclave. Thread safe.

// With each answer to a system call or runner call. May also change what the arguments point to.
int64_t tamper(uint64_t number, const uint64_t (&arguments)[6], int64_t honest_result);
// With each slot completion (generation << 16 | slot).
uint64_t tamper_completion(uint64_t honest_value);
// With what the enclave learns at its start.
void tamper_start(abi::StartInfo& start);
// With the events that an idle ethread gets.
void tamper_events(abi::EthreadArea& area);
// With the bytes of streams that an idle ethread gets.
void tamper_arrivals(abi::EthreadArea& area);
// With each new reading of the clocks.
void tamper_time(abi::TimePage& page);

}  // namespace scone::host
