#include "host/syscall/posted.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "host/runner/hostile.h"
#include "host/runner/process.h"
#include "host/runner/runner_call.h"
#include "host/syscall/raw.h"

namespace scone::host {
namespace {

int64_t perform(Process& process, uint64_t number, const uint64_t (&arguments)[6]) {
  if (number >= abi::kRunnerCallBase) return serve_runner_call(process, static_cast<abi::RunnerCall>(number), arguments);
  return raw_syscall(number, arguments);
}

}  // namespace

bool perform_posted(Process& process, abi::EthreadArea& area) {
  const uint64_t count = std::min<uint64_t>(area.posted_count, abi::kMaxPosted);
  area.posted_count = 0;
  bool all_expected = true;
  bool chain_broken = false;
  for (uint64_t i = 0; i < count; ++i) {
    abi::PostedCall& call = area.posted[i];
    const int64_t expected = call.result;
    uint64_t arguments[6];
    memcpy(arguments, call.args, sizeof arguments);
    if ((call.number & abi::kPostedLinked) == 0) chain_broken = false;
    const uint64_t number = call.number & ~abi::kPostedLinked;
    call.result = chain_broken ? -ECANCELED : tamper(number, arguments, perform(process, number, arguments));
    if (call.result == expected) continue;
    all_expected = false;
    chain_broken = true;
  }
  if (process.receiver) process.receiver->take_back(area);
  area.returned_count = 0;
  // While this ethread slept, others might wait for these results.
  return count == 0 || (all_expected && area.idle_alone != 0);
}

}  // namespace scone::host
