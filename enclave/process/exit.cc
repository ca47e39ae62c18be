#include "enclave/process/exit.h"

#include "enclave/boundary/host_state.h"
#include "enclave/file/regions.h"
#include "enclave/mm/program.h"
#include "enclave/net/stream_arrivals.h"
#include "enclave/shield/console.h"
#include "enclave/syscall/statistics.h"

namespace scone::process {

void terminate(int wait_status) {
  // Stores to shared file mappings reach their files, as the kernel would see to. An error has nobody left to be told to.
  (void)mm::program().sync_all().ok();
  shield::end_console(wait_status);
  net::finish_sends();
  if (file::regions) (void)file::regions->sync_all().ok();
  syscall::report_statistics();
  boundary::leave_for_good(abi::ExitReason::kExit, static_cast<uint64_t>(wait_status));
}

}  // namespace scone::process
