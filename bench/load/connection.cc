#include "bench/load/connection.h"

#include <ctime>

namespace scone::bench {
namespace {

constexpr size_t kReceiveSize = 64 << 10;

}  // namespace

uint64_t monotonic_ns() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(now.tv_nsec);
}

void Connection::start(Plan& plan, unsigned count, uint64_t now_ns) {
  waiting_.clear();
  answered_ = sent_ = 0;
  out_.clear();
  for (unsigned i = 0; i < count; ++i) {
    waiting_.push_back(plan.next());
    protocol_.append(out_, waiting_.back());
  }
  started_ns_ = now_ns;
  send();
}

void Connection::send() {
  while (wants_to_send()) {
    const size_t bytes = transport_.send(std::string_view(out_).substr(sent_));
    if (bytes == 0) return;
    sent_ += bytes;
  }
}

unsigned Connection::advance(Histogram& latencies) {
  send();
  unsigned answers = 0;
  char space[kReceiveSize];
  // Under TLS data may lie decrypted where epoll does not see it: read until there is no more.
  while (!idle()) {
    const size_t bytes = transport_.receive(space);
    if (bytes == 0) break;
    in_.append(space, bytes);
    answers += take_answers(latencies);
  }
  return answers;
}

unsigned Connection::take_answers(Histogram& latencies) {
  size_t taken = 0;
  unsigned answers = 0;
  const uint64_t now = monotonic_ns();
  while (!idle()) {
    const size_t length = protocol_.answer_length(std::string_view(in_).substr(taken), waiting_[answered_]);
    if (length == 0) break;
    taken += length;
    ++answered_;
    ++answers;
    latencies.add(now - started_ns_);
  }
  in_.erase(0, taken);
  if (idle() && !in_.empty()) wrong(in_);
  return answers;
}

}  // namespace scone::bench
