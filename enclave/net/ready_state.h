// What is known about the readiness of a host descriptor: the pure part of ReadySource, without waiting or host calls.
#pragma once

#include <linux/eventpoll.h>

#include <atomic>
#include <cstdint>

namespace scone::net {

// The EPOLL* bits that a host descriptor's readiness consists of.
inline constexpr uint32_t kReadyEvents = EPOLLIN | EPOLLPRI | EPOLLOUT | EPOLLERR | EPOLLHUP | EPOLLRDHUP;
// Those that poll(2) and epoll(7) report whether asked for or not.
inline constexpr uint32_t kAlwaysEvents = EPOLLERR | EPOLLHUP;

// Each event is "yes", "no" or "unknown". "No" is believed only of a descriptor whose edges the host reports (watched), since
// otherwise nothing would ever revoke it. Thread safe: one atomic word, in which every edge counts up an epoch;
// an observation that was under way when an edge came in proves nothing, because it may be older or newer.
class ReadyState {
 public:
  // Sampled before an observation (an I/O call, a poll) and given back with its outcome.
  uint32_t epoch() const { return Word(load()).epoch; }
  bool watched() const { return Word(load()).watched; }

  // Events that hold as far as is known; those that are unknown.
  uint32_t yes() const { return Word(load()).yes; }
  uint32_t unknown() const { return ~Word(load()).known & kReadyEvents; }
  // True unless all of `events` are known not to hold: worth a try.
  bool worth_trying(uint32_t events) const {
    const Word word(load());
    return (word.yes | ~word.known) & events;
  }

  // The host reported an edge.
  void edge(uint32_t events) {
    update([&](Word& word) {
      ++word.epoch;
      word.yes |= events;
      word.known |= events;
      if (events & (kAlwaysEvents | EPOLLRDHUP)) word.doubt_after_end();
    });
  }

  // From now on the host reports edges, the first being what holds now. So what is not reported does not hold. The first edge may be here
  // already: another ethread or a helper asked the host for it.
  void watch() {
    update([](Word& word) {
      word.watched = true;
      word.known = kReadyEvents;
      word.doubt_after_end();
    });
  }

  // An I/O call begun at `epoch` found nothing of `events` (EAGAIN).
  void would_block(uint32_t events, uint32_t epoch) {
    update([&](Word& word) { word.set_no(events, word.watched && word.epoch == epoch); });
  }

  // A stream moved less than was asked for: it is exhausted (epoll(7), "Do I need to continuously read…"). Except before an
  // end of file, which is still to be read, and before urgent data, which interrupts a read.
  void drained(uint32_t events, uint32_t epoch) {
    update([&](Word& word) {
      const bool more = word.yes & (kAlwaysEvents | EPOLLRDHUP | EPOLLPRI);
      word.set_no(events, word.watched && word.epoch == epoch && !more);
      word.forget(EPOLLPRI & word.yes);
    });
  }

  // `events` hold, or do not, for certain: their state is kept on this side of the border. Who asked the host meanwhile learns nothing.
  void know(uint32_t events, bool hold) {
    update([&](Word& word) {
      ++word.epoch;
      word.known |= events;
      word.yes = hold ? word.yes | events : word.yes & ~events;
    });
  }

  // Something of `events` was consumed, and there may be more.
  void forget(uint32_t events) {
    update([&](Word& word) { word.forget(events); });
  }

  // The descriptor became something else (connected, listening, shut down).
  void reset() {
    update([](Word& word) {
      ++word.epoch;
      word.forget(kReadyEvents);
    });
  }

  // The host was asked for `asked` at `epoch` and said that `events` of them hold.
  void answer(uint32_t asked, uint32_t events, uint32_t epoch) {
    update([&](Word& word) {
      if (!word.watched) return;
      const uint32_t learned = word.epoch == epoch ? asked : events & asked;
      word.known |= learned;
      word.yes = (word.yes & ~learned) | (events & learned);
    });
  }

 private:
  // 32 bits epoch; 1 bit watched; 8 bits of known and of yes, with EPOLLRDHUP (bit 13) in the place of bit 5.
  struct Word {
    explicit Word(uint64_t packed)
        : epoch(static_cast<uint32_t>(packed >> 32)),
          watched(packed >> 16 & 1),
          known(unpack(packed >> 8)),
          yes(unpack(packed)) {}
    uint64_t packed() const {
      return static_cast<uint64_t>(epoch) << 32 | static_cast<uint64_t>(watched) << 16 | pack(known) << 8 |
             pack(yes);
    }
    void forget(uint32_t events) {
      known &= ~events;
      yes &= ~events;
    }
    void set_no(uint32_t events, bool certain) {
      forget(events);
      if (certain) known |= events;
    }
    // What a hang-up or error means for reading and writing only a try can tell.
    void doubt_after_end() {
      if (yes & (kAlwaysEvents | EPOLLRDHUP)) known &= ~(EPOLLIN | EPOLLOUT) | yes;
    }
    static uint64_t pack(uint32_t events) { return (events & 0x1f) | (events & EPOLLRDHUP ? 0x20 : 0); }
    static uint32_t unpack(uint64_t bits) {
      return static_cast<uint32_t>(bits & 0x1f) | (bits & 0x20 ? static_cast<uint32_t>(EPOLLRDHUP) : 0);
    }

    uint32_t epoch;
    bool watched;
    uint32_t known;
    uint32_t yes;  // subset of known
  };

  uint64_t load() const { return word_.load(std::memory_order_acquire); }
  template <typename Change>
  void update(Change change) {
    uint64_t old = load();
    while (true) {
      Word word(old);
      change(word);
      if (word_.compare_exchange_weak(old, word.packed(), std::memory_order_acq_rel,
                                      std::memory_order_acquire))
        return;
    }
  }

  std::atomic<uint64_t> word_{0};
};

// As poll(2) on Linux: who is readable has normal-band data, too.
constexpr uint32_t with_bands(uint32_t events) {
  return events | (events & EPOLLIN ? EPOLLRDNORM : 0) | (events & EPOLLOUT ? EPOLLWRNORM : 0) |
         (events & EPOLLPRI ? EPOLLRDBAND : 0);
}
// The events one has to know to answer for `interest`.
constexpr uint32_t without_bands(uint32_t interest) {
  return (interest | kAlwaysEvents | (interest & EPOLLRDNORM ? EPOLLIN : 0) |
          (interest & EPOLLWRNORM ? EPOLLOUT : 0) | (interest & EPOLLRDBAND ? EPOLLPRI : 0)) &
         kReadyEvents;
}

}  // namespace scone::net
