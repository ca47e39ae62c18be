// Asking many files at once which events hold: the common core of poll, select and epoll.
#pragma once

#include <cstdint>
#include <span>

#include "enclave/file/file.h"

namespace scone::net {

struct Probe {
  file::File* file;   // nullptr: skipped, `ready` stays as it is
  uint32_t interest;  // EPOLL* bits; EPOLLERR and EPOLLHUP always count
  uint32_t ready;     // answer: those that hold
};

enum class Freshness {
  kKnown,  // believe what is known; for a caller that waits, and so hears of changes
  kExact,  // ask the host again about what is known not to hold; for a caller that will not wait
};

// Fills in `ready` of each; returns how many are not 0. Host descriptors of which too little is known are asked about in one host call.
size_t probe(std::span<Probe> probes, Freshness freshness);

}  // namespace scone::net
