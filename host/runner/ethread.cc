#include "host/runner/ethread.h"

#include <pthread.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <mutex>

#include "host/runner/end.h"
#include "host/runner/hostile.h"
#include "host/runner/runner_call.h"
#include "host/runner/signals.h"
#include "host/syscall/open_and_look.h"
#include "host/syscall/posted.h"
#include "host/syscall/raw.h"

namespace scone::host {
namespace {

// Of the calling thread. Written by it alone, read by its signal handlers.
struct EthreadState {
  Process* process = nullptr;
  unsigned number = 0;
  bool handling_exception = false;  // an EENTER at CSSA > 0 is under way: no further nesting
};
thread_local EthreadState t_state;

void* ethread_main(void* argument) {
  auto* state = static_cast<EthreadState*>(argument);
  Process& process = *state->process;
  const unsigned number = state->number;
  delete state;
  run_ethread(process, number);
}

// A wake-up of an ethread that has never run starts it.
void wake_ethread(Process& process, uint64_t number) {
  if (number >= process.tcs.size()) return;
  if (process.started[number].exchange(true)) return process.sleeper.wake(static_cast<unsigned>(number));
  pthread_t thread;
  auto* state = new EthreadState{&process, static_cast<unsigned>(number)};
  if (pthread_create(&thread, nullptr, ethread_main, state) == 0)
    pthread_detach(thread);
  else
    process.started[number].store(false);  // fewer ethreads do the work, too
}

int64_t log_text(uint64_t address, uint64_t length) {
  if (length > 4096) return -EINVAL;
  char line[4097];
  memcpy(line, reinterpret_cast<const void*>(address), length);
  line[length] = '\n';
  return write(STDERR_FILENO, line, length + 1) < 0 ? -errno : 0;
}

// A refusal ends the enclave, which cannot know the reason: it is told here.
int64_t to_result(const EnclaveDevice& device, const uint64_t (&a)[6], const Result<void>& result) {
  if (result.ok()) return 0;
  fprintf(stderr, "scone: the device refuses a page operation on [%#lx, %#lx): %s. %s\n", a[0], a[0] + a[1],
          strerror(result.error().code()), device.last_error().c_str());
  return -result.error().code();
}

}  // namespace

int64_t serve_runner_call(Process& process, abi::RunnerCall call, const uint64_t (&a)[6]) {
  switch (call) {
    case abi::RunnerCall::kRestrictPages:
      return to_result(process.device, a, process.device.restrict_permissions(a[0], a[1], a[2]));
    case abi::RunnerCall::kTrimPages:
      return to_result(process.device, a, process.device.modify_types(a[0], a[1], sgx::kPtTrim));
    case abi::RunnerCall::kRemovePages:
      return to_result(process.device, a, process.device.remove_pages(a[0], a[1]));
    case abi::RunnerCall::kWakeHelpers:
      process.helpers.wake();
      return 0;
    case abi::RunnerCall::kCancelSlot:
      process.helpers.cancel(a[0]);
      return 0;
    case abi::RunnerCall::kWakeEthread:
      wake_ethread(process, a[0]);
      return 0;
    case abi::RunnerCall::kLog:
      return log_text(a[0], a[1]);
    case abi::RunnerCall::kReceive:
      return process.receiver ? process.receiver->receive(a[0], static_cast<int>(a[1]), a[2]) : -ENOSYS;
    case abi::RunnerCall::kOpenAndLook:
      return open_and_look(a);
    case abi::RunnerCall::kStopReceiving:
      return process.receiver ? process.receiver->stop(a[0]) : -ENOSYS;
    case abi::RunnerCall::kStopProcess:
      return stop_process(a[0]);
  }
  return -ENOSYS;
}

namespace {

int64_t serve_call(Process& process, const abi::EthreadArea& area) {
  uint64_t arguments[6];
  memcpy(arguments, area.call_args, sizeof arguments);
  if (area.call_number >= abi::kRunnerCallBase)
    return tamper(area.call_number, arguments,
                  serve_runner_call(process, static_cast<abi::RunnerCall>(area.call_number), arguments));
  return tamper(area.call_number, arguments, raw_syscall(area.call_number, arguments));
}

bool has_aborted(const abi::EthreadArea& area) {
  return area.exit_reason == static_cast<uint64_t>(abi::ExitReason::kAbort);
}

// Serves what the enclave left for. Returns the leaf to enter with.
uint32_t serve_exit(Process& process, unsigned number, abi::EthreadArea& area) {
  const bool may_sleep = perform_posted(process, area);
  switch (static_cast<abi::ExitReason>(area.exit_reason)) {
    case abi::ExitReason::kHostCall:
      area.call_result = serve_call(process, area);
      process.clock.refresh();
      return sgx::kEenter;
    case abi::ExitReason::kIdle:
      process.sleeper.sleep(number, may_sleep ? area.idle_deadline_ns : 0, area);
      process.clock.refresh();
      return sgx::kEenter;
    case abi::ExitReason::kStandBy:
      if (may_sleep) process.sleeper.stand_by(number, area);
      process.clock.refresh();
      return sgx::kEenter;
    case abi::ExitReason::kExit:
      end_process(process, area.exit_status);
    case abi::ExitReason::kAbort:
      report_abort(area);
      end_process(process, area.exit_status);
    case abi::ExitReason::kNone:
      break;
  }
  fprintf(stderr, "scone: the enclave refuses to start: it does not accept what the runner told it\n");
  end_process(process, SIGABRT);
}

}  // namespace

void run_ethread(Process& process, unsigned number) {
  t_state = {&process, number};
  process.started[number].store(true);
  process.pinning.pin_ethread(number);
  if (auto attached = process.device.attach_thread(); !attached.ok()) {
    fprintf(stderr, "scone: cannot enter the enclave: %s\n", strerror(attached.error().code()));
    end_process(process, SIGABRT);
  }
  start_tick();
  prctl(PR_SET_TIMERSLACK, 1);  // what the program waits for, it waits for exactly
  abi::EthreadArea& area = process.memory.ethread(number);
  EnclaveRun run{};
  run.tcs = process.tcs[number];
  uint32_t leaf = sgx::kEenter;
  auto reason = abi::EntryReason::kStart;
  for (;;) {
    t_state.handling_exception = reason == abi::EntryReason::kException && leaf == sgx::kEenter;
    // One call site only: the enclave gives back the stack pointer of its EENTER, also after an ERESUME.
    const int error = process.device.enter(static_cast<uint64_t>(reason), reinterpret_cast<uint64_t>(&process.memory.start()),
                                           0, leaf, 0, 0, run);
    t_state.handling_exception = false;
    if (error != 0) {
      fprintf(stderr, "scone: cannot enter the enclave: %s\n", strerror(-error));
      end_process(process, SIGABRT);
    }
    if (run.function == sgx::kEenter) {
      fprintf(stderr, "scone: the enclave's exception handler itself faulted\n");
      end_process(process, SIGABRT);
    }
    if (run.function != sgx::kEexit) {
      leaf = sgx::kEenter;
      reason = abi::EntryReason::kException;
      continue;
    }
    const bool handled = reason == abi::EntryReason::kException && leaf == sgx::kEenter && !has_aborted(area);
    leaf = handled ? uint32_t{sgx::kEresume} : serve_exit(process, number, area);
    reason = abi::EntryReason::kReturn;
  }
}

void tick(Process& process, void* ucontext) {
  process.clock.refresh();
  if (!process.device.interrupted_enclave(ucontext) || t_state.handling_exception) return;
  EnclaveRun run{};
  run.tcs = process.tcs[t_state.number];
  t_state.handling_exception = true;
  const int error = process.device.enter(static_cast<uint64_t>(abi::EntryReason::kTick), 0, 0, sgx::kEenter, 0, 0, run);
  t_state.handling_exception = false;
  // What the exception handler had to say, if it was not "resume".
  abi::EthreadArea& area = process.memory.ethread(t_state.number);
  if (error == 0 && run.function == sgx::kEexit && has_aborted(area)) {
    report_abort(area);
    end_process(process, area.exit_status);
  }
}

}  // namespace scone::host
