#include "enclave/net/probe.h"

#include "enclave/net/host_poll.h"
#include "enclave/net/readiness.h"

namespace scone::net {
namespace {

// The events about which the host must be asked. A stale "readable" would make a program hang that reads in blocking mode
// after poll(2) said so; a non-blocking one just tries again. So only the latter is told from memory.
uint32_t to_ask(const Probe& probe, ReadySource& source, Freshness freshness) {
  const uint32_t wanted = without_bands(probe.interest);
  // Its own side knows; a caller that wants to be exact has looked outside first.
  if (source.stream()) return source.state().unknown() & wanted & ~(EPOLLIN | EPOLLOUT);
  if (freshness == Freshness::kExact) return wanted & ~source.state().yes();
  uint32_t asked = source.state().unknown();
  if (!probe.file->nonblocking()) asked |= source.state().yes() & EPOLLIN;
  return asked & wanted;
}

// Returns false when the batch is full.
bool ask_or_tell(Probe& probe, ReadySource& source, Freshness freshness, HostPoll& batch) {
  const uint32_t asked = to_ask(probe, source, freshness);
  probe.ready = source.state().yes() & without_bands(probe.interest) & ~asked;
  if (asked == 0) return true;
  // Until the host has answered: a descriptor about which it cannot be asked counts as ready.
  const uint32_t known = probe.ready;
  probe.ready = known | asked;
  return source.fd() < 0 || batch.add(source, asked, known, &probe.ready);
}

// News of streams comes by crossings only.
void look_outside(std::span<Probe> probes) {
  for (Probe& each : probes) {
    ReadySource* source = each.file ? each.file->ready_source() : nullptr;
    if (source && source->stream()) return harvest();
  }
}

}  // namespace

size_t probe(std::span<Probe> probes, Freshness freshness) {
  if (freshness == Freshness::kExact) look_outside(probes);
  HostPoll batch;
  for (Probe& each : probes) {
    if (!each.file) continue;
    ReadySource* source = each.file->ready_source();
    if (!source)
      each.ready = each.file->poll() & (each.interest | kAlwaysEvents);
    else if (!ask_or_tell(each, *source, freshness, batch)) {
      batch.run();
      (void)ask_or_tell(each, *source, freshness, batch);
    }
  }
  batch.run();
  size_t count = 0;
  for (Probe& each : probes) {
    if (each.file && each.file->ready_source())
      each.ready = with_bands(each.ready) & (each.interest | kAlwaysEvents);
    if (each.ready) ++count;
  }
  return count;
}

}  // namespace scone::net
