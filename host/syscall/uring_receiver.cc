#include "host/syscall/uring_receiver.h"

#include <poll.h>

#include <cerrno>
#include <cstdlib>
#include <utility>

namespace scone::host {
namespace {

constexpr unsigned kEntries = 1024;
constexpr int kGroup = 0;
// User data: a stream's token, or one of these. Tokens stay below 2^63.
constexpr uint64_t kEpoll = UINT64_MAX;
constexpr uint64_t kCancelled = UINT64_MAX - 1;

}  // namespace

Result<std::unique_ptr<UringReceiver>> UringReceiver::create(int epoll, char* buffers) {
  std::unique_ptr<UringReceiver> receiver(new UringReceiver(epoll, buffers));
  TRY(receiver->set_up());
  return receiver;
}

UringReceiver::~UringReceiver() {
  if (ring_.ring_fd > 0) io_uring_queue_exit(&ring_);
  free(offered_);  // the kernel has let go of it
}

Result<void> UringReceiver::set_up() {
  io_uring_params parameters{};
  // Completions are worked on when they are asked for, in one go, and by nobody else.
  parameters.flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_CQSIZE;
  parameters.cq_entries = 4 * kEntries;
  if (const int error = io_uring_queue_init_params(kEntries, &ring_, &parameters); error < 0) return Errno(-error);
  void* memory = nullptr;
  if (posix_memalign(&memory, 4096, abi::kReceiveBuffers * sizeof(io_uring_buf)) != 0) return Errno(ENOMEM);
  offered_ = static_cast<io_uring_buf_ring*>(memory);
  io_uring_buf_ring_init(offered_);
  io_uring_buf_reg registration{};
  registration.ring_addr = reinterpret_cast<uint64_t>(memory);
  registration.ring_entries = abi::kReceiveBuffers;
  registration.bgid = kGroup;
  if (const int error = io_uring_register_buf_ring(&ring_, &registration, 0); error < 0) return Errno(-error);
  for (uint32_t i = 0; i < abi::kReceiveBuffers; ++i) offer(i);
  watch_epoll();
  return ok();
}

io_uring_sqe* UringReceiver::next_entry() {
  io_uring_sqe* entry = io_uring_get_sqe(&ring_);
  if (entry) return entry;
  io_uring_submit(&ring_);
  return io_uring_get_sqe(&ring_);
}

void UringReceiver::watch_epoll() {
  io_uring_sqe* entry = next_entry();
  io_uring_prep_poll_multishot(entry, epoll_, POLLIN);
  entry->user_data = kEpoll;
}

void UringReceiver::offer(uint32_t buffer) {
  io_uring_buf_ring_add(offered_, buffers_ + uint64_t{buffer} * abi::kReceiveBufferSize, abi::kReceiveBufferSize,
                        static_cast<uint16_t>(buffer), io_uring_buf_ring_mask(abi::kReceiveBuffers), 0);
  io_uring_buf_ring_advance(offered_, 1);
}

void UringReceiver::arm(uint64_t token, Stream& stream) {
  if (stream.armed || stream.ended) return;
  io_uring_sqe* entry = next_entry();
  io_uring_prep_recv_multishot(entry, stream.fd, nullptr, 0, 0);
  entry->flags |= IOSQE_BUFFER_SELECT;
  entry->buf_group = kGroup;
  entry->user_data = token;
  stream.armed = true;
  stream.stopping = false;
}

void UringReceiver::cancel(uint64_t token) {
  io_uring_sqe* entry = next_entry();
  io_uring_prep_cancel64(entry, token, 0);
  entry->user_data = kCancelled;
}

int64_t UringReceiver::receive(uint64_t token, int fd, uint64_t buffers) {
  Stream& stream = streams_[token];
  stream.fd = fd;
  stream.allowed += buffers;
  if (!stream.held.empty()) waiting_.push_back(token);
  if (stream.held.empty()) arm(token, stream);
  return 0;
}

// The receive holds the connection open; the close that follows must find it gone.
int64_t UringReceiver::stop(uint64_t token) {
  auto entry = streams_.find(token);
  if (entry == streams_.end()) return 0;
  for (const Held& held : entry->second.held)
    if (held.result > 0) offer(held.buffer);
  const bool armed = entry->second.armed;
  streams_.erase(entry);
  if (!armed) return 0;
  cancel(token);
  io_uring_submit_and_get_events(
      &ring_);  // the receive lets go of the connection only where events are worked on
  return 0;
}

void UringReceiver::take_back(const abi::EthreadArea& area) {
  for (uint64_t i = 0; i < area.returned_count && i < abi::kMaxArrivals; ++i)
    if (area.returned[i] < abi::kReceiveBuffers) offer(static_cast<uint32_t>(area.returned[i]));
}

void UringReceiver::bring(uint64_t token, Stream& stream, const Held& what, abi::EthreadArea& area) {
  area.arrivals[area.arrival_count++] = {token, what.result, what.buffer};
  if (what.result > 0) --stream.allowed;
}

void UringReceiver::bring_held(uint64_t token, Stream& stream, abi::EthreadArea& area) {
  while (!stream.held.empty() && area.arrival_count < abi::kMaxArrivals) {
    if (stream.held.front().result > 0 && stream.allowed == 0) return;
    bring(token, stream, stream.held.front(), area);
    stream.held.pop_front();
  }
  if (!stream.held.empty()) return waiting_.push_back(token);
  if (stream.allowed > 0) arm(token, stream);
}

bool UringReceiver::before_wait(unsigned, abi::EthreadArea& area) {
  area.arrival_count = 0;
  for (uint64_t token : std::exchange(waiting_, {}))
    if (auto entry = streams_.find(token); entry != streams_.end()) bring_held(token, entry->second, area);
  return area.arrival_count > 0;
}

void UringReceiver::completed(const io_uring_cqe& completion, abi::EthreadArea& area) {
  const uint64_t token = completion.user_data;
  if (token == kCancelled) return;
  if (token == kEpoll) {
    epoll_ready_ = true;
    if (!(completion.flags & IORING_CQE_F_MORE)) watch_epoll();
    return;
  }
  const bool has_buffer = completion.flags & IORING_CQE_F_BUFFER;
  const uint32_t buffer = completion.flags >> IORING_CQE_BUFFER_SHIFT;
  auto entry = streams_.find(token);
  if (entry == streams_.end()) {
    if (has_buffer) offer(buffer);
    return;
  }
  Stream& stream = entry->second;
  if (!(completion.flags & IORING_CQE_F_MORE)) stream.armed = false;
  const int64_t result = completion.res;
  const bool again = result == -ENOBUFS || result == -ECANCELED || result == -EAGAIN || result == -EINTR;
  if (!again) {
    if (result <= 0) stream.ended = true;
    if (result <= 0 && has_buffer) offer(buffer);
    const Held what{result, buffer};
    const bool in_turn = stream.held.empty() && (result <= 0 || stream.allowed > 0) && area.arrival_count < abi::kMaxArrivals;
    if (in_turn)
      bring(token, stream, what, area);
    else
      stream.held.push_back(what);
    if (!in_turn && (result <= 0 || stream.allowed > 0)) waiting_.push_back(token);
  }
  if (stream.allowed == 0 && stream.armed && !std::exchange(stream.stopping, true)) cancel(token);
  // It ended early: for want of buffers, or because it was cancelled and is wanted again.
  if (!stream.armed && stream.held.empty() && stream.allowed > 0) arm(token, stream);
}

void UringReceiver::take_completions(abi::EthreadArea& area) {
  io_uring_cqe* completions[64];
  while (area.arrival_count < abi::kMaxArrivals) {
    const unsigned count = io_uring_peek_batch_cqe(&ring_, completions, 64);
    if (count == 0) return;
    for (unsigned i = 0; i < count; ++i) {
      const io_uring_cqe copy{completions[i]->user_data, completions[i]->res, completions[i]->flags};
      io_uring_cqe_seen(&ring_, completions[i]);
      completed(copy, area);
    }
  }
}

bool UringReceiver::wait(const timespec* timeout, abi::EthreadArea& area) {
  io_uring_cqe* first = nullptr;
  __kernel_timespec limit{};
  if (timeout) limit = {timeout->tv_sec, timeout->tv_nsec};
  if (timeout && timeout->tv_sec == 0 && timeout->tv_nsec == 0) {
    io_uring_submit_and_get_events(&ring_);
  } else {
    io_uring_submit_and_wait_timeout(&ring_, &first, 1, timeout ? &limit : nullptr, nullptr);
  }
  take_completions(area);
  return std::exchange(epoll_ready_, false);
}

}  // namespace scone::host
