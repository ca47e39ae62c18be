// The host's time page (abi::TimePage): from it the enclave's own clocks are set.
#pragma once

namespace scone::boundary {

// Sets the clocks for the first time, whatever the page holds. Once, after init_host_state().
void start_clocks();
// Has the clocks follow the host's page if that has changed, and is not just changing. One load otherwise. Any ethread, at CSSA 0; the host
// calibrates before it enters the enclave, so this belongs behind every crossing.
void follow_host_clock();

}  // namespace scone::boundary
