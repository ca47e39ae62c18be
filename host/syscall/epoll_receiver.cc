#include "host/syscall/epoll_receiver.h"

#include <sys/socket.h>

#include <cerrno>
#include <utility>

namespace scone::host {
namespace {

// Of one stream at a time, so that one that never ends does not keep others waiting.
constexpr int kMostPerTurn = 4;

}  // namespace

ReceiveBuffers::ReceiveBuffers(char* base) : base_(base) {
  for (uint32_t i = abi::kReceiveBuffers; i > 0; --i) free_.push_back(i - 1);
}

uint32_t ReceiveBuffers::take() {
  if (free_.empty()) return kNone;
  const uint32_t number = free_.back();
  free_.pop_back();
  return number;
}

void ReceiveBuffers::give_back(uint32_t number) { free_.push_back(number); }

void EpollReceiver::queue(uint64_t token, Stream& stream) {
  if (std::exchange(stream.queued, true)) return;
  waiting_.push_back(token);
}

int64_t EpollReceiver::receive(uint64_t token, int fd, uint64_t buffers) {
  std::lock_guard guard(mutex_);
  auto [entry, is_new] = streams_.try_emplace(token);
  Stream& stream = entry->second;
  stream.allowed += buffers;
  if (is_new) {
    stream.fd = fd;
    // The enclave does not ask for what this tells it.
    epoll_event event{.events = EPOLLIN | EPOLLRDHUP | EPOLLPRI | EPOLLET, .data = {.u64 = token}};
    if (epoll_ctl(epoll_, EPOLL_CTL_MOD, fd, &event) != 0) {
      streams_.erase(entry);
      return -errno;
    }
  }
  if (stream.readable) queue(token, stream);
  return 0;
}

int64_t EpollReceiver::stop(uint64_t token) {
  std::lock_guard guard(mutex_);
  streams_.erase(token);
  return 0;
}

void EpollReceiver::take_back(const abi::EthreadArea& area) {
  if (area.returned_count == 0) return;
  std::lock_guard guard(mutex_);
  for (uint64_t i = 0; i < area.returned_count && i < abi::kMaxArrivals; ++i)
    buffers_.give_back(static_cast<uint32_t>(area.returned[i]));
}

bool EpollReceiver::may_serve(const Stream& stream, unsigned ethread) const {
  return stream.ethread == ethread ||
         __atomic_load_n(&areas_[stream.ethread].arrivals_taken, __ATOMIC_ACQUIRE) >= stream.mark;
}

// False: no more at present.
bool EpollReceiver::receive_one(uint64_t token, Stream& stream, unsigned ethread, abi::EthreadArea& area) {
  const uint32_t buffer = buffers_.take();
  if (buffer == ReceiveBuffers::kNone) return false;
  ssize_t count;
  do count = recv(stream.fd, buffers_.at(buffer), abi::kReceiveBufferSize, MSG_DONTWAIT);
  while (count < 0 && errno == EINTR);
  const int error = count < 0 ? errno : 0;
  if (count <= 0) buffers_.give_back(buffer);
  if (error == EAGAIN) {
    stream.readable = false;
    return false;
  }
  area.arrivals[area.arrival_count++] = {token, error ? -error : count, buffer};
  stream.ethread = ethread;
  stream.mark = ++arrivals_[ethread];
  if (count > 0) --stream.allowed;
  // Short: that was all, and more makes an edge, unless the edge of the end came with it. The end and errors are final.
  stream.readable = count == static_cast<ssize_t>(abi::kReceiveBufferSize) || (count > 0 && stream.ending);
  if (count <= 0) stream.allowed = 0;
  return stream.readable;
}

void EpollReceiver::serve(uint64_t token, Stream& stream, unsigned ethread, abi::EthreadArea& area) {
  stream.queued = false;
  bool more = stream.readable && stream.allowed > 0;
  if (more && !may_serve(stream, ethread)) return queue(token, stream);
  for (int i = 0; more && i < kMostPerTurn && area.arrival_count < abi::kMaxArrivals; ++i)
    more = receive_one(token, stream, ethread, area) && stream.allowed > 0;
  if (stream.readable && stream.allowed > 0) queue(token, stream);
}

bool EpollReceiver::before_wait(unsigned ethread, abi::EthreadArea& area) {
  area.arrival_count = 0;
  std::lock_guard guard(mutex_);
  if (waiting_.empty()) return false;
  for (uint64_t token : std::exchange(waiting_, {}))
    if (auto entry = streams_.find(token); entry != streams_.end()) serve(token, entry->second, ethread, area);
  return area.arrival_count > 0 || !waiting_.empty();
}

uint32_t EpollReceiver::on_event(const epoll_event& event, unsigned ethread, abi::EthreadArea& area) {
  std::lock_guard guard(mutex_);
  auto entry = streams_.find(event.data.u64);
  if (entry == streams_.end()) return event.events;
  Stream& stream = entry->second;
  if (event.events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) {
    stream.readable = true;
    if (event.events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) stream.ending = true;
    if (!stream.queued) serve(entry->first, stream, ethread, area);
  }
  return event.events & ~EPOLLIN;
}

}  // namespace scone::host
