// The three bit sets of select(2).
#pragma once

#include <linux/errno.h>
#include <linux/eventpoll.h>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <new>

#include "base/result.h"
#include "enclave/boundary/app_ptr.h"
#include "enclave/runtime/memory.h"

namespace scone::net {

// Copies of a program's sets, in and out. Not thread safe.
class SelectSets {
 public:
  static constexpr int kSets = 3;  // readable, writable, exceptional
  // What belongs to each (select(2), "Correspondence between select() and poll() notifications").
  static constexpr uint32_t kEvents[kSets] = {EPOLLRDNORM | EPOLLRDBAND | EPOLLIN | EPOLLHUP | EPOLLERR,
                                              EPOLLWRBAND | EPOLLWRNORM | EPOLLOUT | EPOLLERR, EPOLLPRI};

  SelectSets() = default;
  SelectSets(const SelectSets&) = delete;
  SelectSets& operator=(const SelectSets&) = delete;
  ~SelectSets() {
    if (words_ != inline_) delete[] words_;
  }

  // Copies the first `limit` bits of each; a null pointer is an empty set. ENOMEM, EFAULT.
  Result<void> copy_in(uint32_t limit, const AppPtr<uint64_t> (&sets)[kSets]) {
    limit_ = limit;
    words_per_set_ = (limit + 63) / 64;
    if (words_per_set_ > kInline) {
      auto* words = new (std::nothrow) uint64_t[words_per_set_ * kSets * 2];
      if (!words) return Errno(ENOMEM);
      words_ = words;
    }
    memset(words_, 0, words_per_set_ * kSets * 2 * sizeof *words_);
    for (int i = 0; i < kSets; ++i) {
      sets_[i] = sets[i];
      if (sets[i]) TRY(boundary::copy_from_app(asked(i), sets[i].cast<const void>(), bytes()));
    }
    return ok();
  }
  // Replaces the program's sets by what was reported. EFAULT.
  Result<void> copy_out() const {
    for (int i = 0; i < kSets; ++i)
      if (sets_[i]) TRY(boundary::copy_to_app(sets_[i].cast<void>(), reported(i), bytes()));
    return ok();
  }

  // The first descriptor >= from that is in any set, or -1.
  int next(int from) const {
    for (auto fd = static_cast<uint32_t>(from); fd < limit_; fd = (fd | 63) + 1) {
      const uint64_t word = any(fd / 64) >> (fd % 64);
      if (word == 0) continue;
      fd += static_cast<uint32_t>(std::countr_zero(word));
      return fd < limit_ ? static_cast<int>(fd) : -1;
    }
    return -1;
  }
  // Descriptors that are in any set.
  size_t count() const {
    size_t count = 0;
    for (int fd = next(0); fd >= 0; fd = next(fd + 1)) ++count;
    return count;
  }
  uint32_t interest(int fd) const {
    uint32_t events = 0;
    for (int i = 0; i < kSets; ++i)
      if (asked(i)[fd / 64] & bit(fd)) events |= kEvents[i];
    return events;
  }
  // Notes the events of a descriptor; returns in how many sets it is reported.
  int report(int fd, uint32_t events) {
    int sets = 0;
    for (int i = 0; i < kSets; ++i) {
      if (!(asked(i)[fd / 64] & bit(fd)) || !(events & kEvents[i])) continue;
      reported(i)[fd / 64] |= bit(fd);
      ++sets;
    }
    return sets;
  }

 private:
  static constexpr size_t kInline = 1024 / 64;  // FD_SETSIZE
  static uint64_t bit(int fd) { return uint64_t{1} << (fd % 64); }
  uint64_t* asked(int set) const { return words_ + static_cast<size_t>(set) * words_per_set_; }
  uint64_t* reported(int set) const { return words_ + static_cast<size_t>(set + kSets) * words_per_set_; }
  uint64_t any(uint32_t word) const { return asked(0)[word] | asked(1)[word] | asked(2)[word]; }
  size_t bytes() const { return words_per_set_ * sizeof *words_; }

  AppPtr<uint64_t> sets_[kSets];
  uint64_t inline_[kInline * kSets * 2];
  uint64_t* words_ = inline_;  // asked sets, then reported sets; owned if not inline_
  size_t words_per_set_ = 0;
  uint32_t limit_ = 0;
};

}  // namespace scone::net
