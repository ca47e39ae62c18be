#include "enclave/process/pending_set.h"

#include <linux/errno.h>

namespace scone::process {

Result<void> PendingSet::add(const Info& info) {
  const SignalSet bit = set_of(info.signal);
  const bool standard = info.signal < kSigRtMin;
  if (standard && (signals_ & bit)) return ok();
  QueuedSignal* entry = count_ < kLimit ? new (std::nothrow) QueuedSignal : nullptr;
  if (!entry && !standard && info.code != kCodeUser) return Errno(EAGAIN);
  signals_ |= bit;
  if (!entry) return ok();
  entry->info = info;
  queue_.push_back(*entry);
  ++count_;
  return ok();
}

void PendingSet::add(QueuedSignal& timer_entry) {
  signals_ |= set_of(timer_entry.info.signal);
  queue_.push_back(timer_entry);
}

void PendingSet::withdraw(QueuedSignal& timer_entry) {
  const int signal = timer_entry.info.signal;
  timer_entry.unlink();
  forget_if_last(signal);
}

bool PendingSet::take(SignalSet wanted, Info& info) {
  const SignalSet candidates = signals_ & wanted;
  if (!candidates) return false;
  const int signal = lowest(candidates & kSynchronous ? candidates & kSynchronous : candidates);
  QueuedSignal* entry = find(signal);
  if (entry) {
    info = entry->info;
    if (entry->taken) entry->taken(*entry);
    drop(*entry);
  } else {
    info = Info::from_sender(signal, kCodeUser, 0, 0);
  }
  forget_if_last(signal);
  return true;
}

void PendingSet::discard(SignalSet unwanted) {
  if (!(signals_ & unwanted)) return;
  for (QueuedSignal& entry : queue_)
    if (set_of(entry.info.signal) & unwanted) drop(entry);
  signals_ &= ~unwanted;
}

QueuedSignal* PendingSet::find(int signal) {
  for (QueuedSignal& entry : queue_)
    if (entry.info.signal == signal) return &entry;
  return nullptr;
}

void PendingSet::drop(QueuedSignal& entry) {
  entry.unlink();
  if (entry.taken) return;
  --count_;
  delete &entry;
}

void PendingSet::forget_if_last(int signal) {
  if (!find(signal)) signals_ &= ~set_of(signal);
}

}  // namespace scone::process
