#include "enclave/shield/console_output.h"

#include "base/min_max.h"
#include "crypto/wipe.h"
#include "enclave/process/restart.h"

namespace scone::shield {
namespace {

// Nothing is lost by these: the rest of the line goes with the next call.
bool is_interruption(Errno error) { return error == Errno(EAGAIN) || process::is_restart(error.code()); }

}  // namespace

Result<void> ConsoleOutput::challenge(console::Key key, const console::Session& session) {
  sched::MutexGuard guard(mutex_);
  TRY(console::write_challenge(key, session, line_));
  sent_ = 0;
  return flush();
}

Result<void> ConsoleOutput::begin(console::Key key, const console::Session& session) {
  if (!host_) return ok();
  sched::MutexGuard guard(mutex_);
  TRY(writer_.hello(key, session, line_));
  sent_ = 0;
  begun_ = true;
  return flush();
}

// mutex_ held. Hands over what is left of the line.
Result<void> ConsoleOutput::flush() {
  while (sent_ < line_.size) {
    auto rest = file::IoVector::of_runtime(line_.text + sent_, line_.size - sent_);
    const size_t count = TRY(host_->write(rest, {}));
    if (count == 0) return Errno(EIO);
    sent_ += count;
  }
  return ok();
}

// mutex_ held. Seals up to one record of `from` into the empty line.
Result<void> ConsoleOutput::seal_some(file::IoVector& from, size_t& count) {
  count = TRY(from.gather(piece_, min_of(from.remaining(), sizeof piece_)));
  Result<void> sealed = writer_.write(console::RecordType::kData, {piece_, count}, line_);
  crypto::wipe(piece_, count);
  sent_ = sealed.ok() ? 0 : line_.size;
  return sealed;
}

Result<size_t> ConsoleOutput::write(file::IoVector& from) {
  sched::MutexGuard guard(mutex_);
  if (!begun_ || writer_.ended()) return Errno(EIO);
  TRY(flush());
  size_t done = 0;
  while (from.remaining() > 0) {
    size_t count = 0;
    const Result<void> sealed = seal_some(from, count);
    if (!sealed.ok()) return done > 0 ? Result<size_t>(done) : Result<size_t>(sealed.error());
    done += count;
    const Result<void> flushed = flush();
    if (flushed.ok()) continue;
    if (is_interruption(flushed.error()) || done > count) return done;
    return flushed.error();
  }
  return done;
}

// mutex_ held. As flush(), but no signal and no O_NONBLOCK keeps it from going on: the process has nothing else to do any more.
Result<void> ConsoleOutput::flush_at_last() {
  TRY(host_->set_flags(host_->flags() & ~O_NONBLOCK));
  while (true) {
    Result<void> flushed = flush();
    if (flushed.ok() || !is_interruption(flushed.error())) return flushed;
    sched::yield_to_events();
  }
}

void ConsoleOutput::end(uint32_t wait_status) {
  sched::MutexGuard guard(mutex_);
  if (!begun_ || writer_.ended() || !flush_at_last().ok()) return;
  if (!writer_.end(wait_status, line_).ok()) return;
  sent_ = 0;
  (void)flush_at_last().ok();  // a client that misses it says so
}

}  // namespace scone::shield
