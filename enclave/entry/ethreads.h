// All ethreads that have entered.
#pragma once

#include <atomic>

#include "abi/border.h"
#include "enclave/entry/ethread.h"

namespace scone::entry {

inline std::atomic<Ethread*> all_ethreads[abi::kMaxEthreads];

template <typename Visit>
void for_each_ethread(Visit visit) {
  for (auto& ethread : all_ethreads)
    if (Ethread* entered = ethread.load(std::memory_order_acquire)) visit(*entered);
}

}  // namespace scone::entry
