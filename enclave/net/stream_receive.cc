// Receiving ahead.
#include <linux/errno.h>

#include <new>
#include <utility>

#include "abi/border.h"
#include "base/min_max.h"
#include "enclave/boundary/host_call.h"
#include "enclave/boundary/receive_buffers.h"
#include "enclave/net/ready_table.h"
#include "enclave/net/stream.h"
#include "enclave/net/stream_arrivals.h"

namespace scone::net {

using boundary::CallArguments;

// Ends the host's receiving, behind the last of the stream that made it.
class Stream::Stop final : public boundary::PostedCall {
 public:
  Stop() : PostedCall(0) {}
  void post(uint64_t token) {
    call_ = {static_cast<uint64_t>(abi::RunnerCall::kStopReceiving), {token}};
    boundary::post(*this);
  }
  void complete(int64_t) override { delete this; }
};

Result<Stream*> Stream::create(file::File& owner, ReadySource& source, const HostFd& fd) {
  constexpr size_t kCells = sizeof(epoll_event) + 8 + kSendCalls * sizeof(uint64_t);
  HostBuffer cells = TRY(HostBuffer::allocate(kCells));
  auto* stream = new (std::nothrow) Stream(owner, source, fd);
  if (!stream) return Errno(ENOMEM);
  stream->stop_ = new (std::nothrow) Stop;
  if (!stream->stop_) {
    delete stream;
    return Errno(ENOMEM);
  }
  stream->cells_ = std::move(cells);
  return stream;
}

Stream::~Stream() {
  // The host's receive keeps the connection open until it ends. The close that follows travels behind this.
  if (stop_ && source_.token())
    stop_->post(source_.token());
  else
    delete stop_;
}

void Stream::start() {
  {
    sched::SpinGuard guard(lock_);
    source_.know(EPOLLIN, false);
    source_.know(EPOLLOUT, true);
  }
  ask_for_more();
}

// The last call or the last byte is gone: the socket may go, too. Nothing of this may be touched afterwards.
void Stream::release_owner() {
  file::File& owner = owner_;
  if (owner.unref()) delete &owner;
}

void Stream::ask_for_more() {
  {
    sched::SpinGuard guard(lock_);
    const uint32_t taken = asked_for_ + piece_count_;
    if (asking_ || ended_ || taken > kAhead / 2) return;
    const uint32_t count = kAhead - taken;
    asking_ = true;
    asked_for_ += count;
    ask_.prepare(*this, &Stream::asked,
                 {static_cast<uint64_t>(abi::RunnerCall::kReceive), {source_.token(), number(), count}}, 0,
                 false);
  }
  owner_.ref();
  boundary::post(ask_);
}

void Stream::asked(Call&, int64_t result) {
  {
    sched::SpinGuard guard(lock_);
    asking_ = false;
    // A host that will not receive ends the stream; the program sees why.
    if (Result<uint64_t> checked = boundary::check_result(result); !checked.ok())
      fail(checked.error().code());
    if (room_wanted_ && blocked_) ask_for_room();
  }
  // Another ethread may have brought all of it already, and the reader have taken it, while this one was on its way.
  ask_for_more();
  release_owner();
}

// When the host runs short of buffers, bytes that nobody reads must not keep others waiting. nullptr: there is no memory.
uint8_t* Stream::copy_inside(const HostBuffer& data) {
  auto* copy = new (std::nothrow) uint8_t[data.size()];
  if (copy) data.read(0, copy, data.size());
  return copy;
}

void Stream::on_arrival(int64_t result, HostBuffer& data) {
  uint8_t* copy = result > 0 && boundary::receive_buffers_scarce() ? copy_inside(data) : nullptr;
  sched::SpinGuard guard(lock_);
  if (ended_) {
    delete[] copy;
    return;
  }
  if (result > 0) {
    if (asked_for_ == 0) boundary::host_violation("an arrival that nobody asked for");
    --asked_for_;
    const uint32_t place = (first_piece_ + piece_count_++) % kAhead;
    Piece& piece = pieces_[place];
    piece.begin = 0;
    piece.end = static_cast<uint32_t>(data.size());
    piece.copy = copy;
    if (!copy) piece.memory = std::move(data);
  } else if (result == 0) {
    ended_ = true;
  } else {
    return fail(static_cast<int>(-result));
  }
  const uint32_t events = result == 0 ? EPOLLIN | EPOLLRDHUP : EPOLLIN;
  source_.know(events, true);
  source_.queue().notify(with_bands(events));
}

// lock_ held. As the kernel: the error once, then the end for readers and EPIPE for writers.
void Stream::fail(int error) {
  if (std::exchange(ended_, true)) return;
  break_down(error);
}

// lock_ held. A send failed. What the peer sent before it hung up is still to be received, and the end after it.
void Stream::break_down(int error) {
  if (!std::exchange(broken_, true) && error != EPIPE) error_ = error;
  source_.know(EPOLLOUT, true);
  source_.know(EPOLLIN, readable());
  source_.queue().notify(with_bands(EPOLLIN | EPOLLOUT));
}

// lock_ held.
int Stream::tell_error() {
  const int error = std::exchange(error_, 0);
  source_.know(EPOLLIN, readable());
  return error;
}

int Stream::take_error() {
  sched::SpinGuard guard(lock_);
  return tell_error();
}

size_t Stream::waiting() {
  sched::SpinGuard guard(lock_);
  size_t sum = 0;
  for (uint32_t i = 0; i < piece_count_; ++i) {
    const Piece& piece = pieces_[(first_piece_ + i) % kAhead];
    sum += piece.end - piece.begin;
  }
  return sum;
}

bool Stream::first_look() {
  sched::SpinGuard guard(lock_);
  return std::exchange(first_look_, false);
}

// Precondition: the first piece.
void Stream::pop_bytes(Piece& piece, size_t count) {
  HostBuffer memory;
  sched::SpinGuard guard(lock_);
  piece.begin += static_cast<uint32_t>(count);
  first_look_ = true;
  if (piece.begin < piece.end) return;
  memory = std::move(piece.memory);
  delete[] std::exchange(piece.copy, nullptr);
  first_piece_ = (first_piece_ + 1) % kAhead;
  --piece_count_;
  if (is_empty()) source_.know(EPOLLIN, readable());
}

Result<size_t> Stream::take(const Taking& taking) {
  sched::MutexGuard reader(taking_);
  size_t done = 0;
  for (uint32_t index = 0; done < taking.most;) {
    Piece* piece;
    {
      sched::SpinGuard guard(lock_);
      if (index == piece_count_) break;
      piece = &pieces_[(first_piece_ + index) % kAhead];
    }
    const size_t here = piece->end - piece->begin;
    size_t count = min_of(here, taking.most - done);
    if (!taking.discard) {
      Result<size_t> moved = piece->copy ? taking.to.scatter(piece->copy + piece->begin, count)
                                         : taking.to.scatter(piece->memory, piece->begin, count);
      if (!moved.ok() && done == 0) return moved;
      if (!moved.ok()) break;
      count = moved.value();
    }
    done += count;
    if (taking.peek)
      ++index;
    else
      pop_bytes(*piece, count);
    if (count < here) break;
  }
  if (done > 0) {
    ask_for_more();
    return done;
  }
  sched::SpinGuard guard(lock_);
  if (!is_empty()) return size_t{0};  // the program asked for nothing
  if (error_) return Errno(taking.keep_error ? error_ : tell_error());
  if (ended_) return size_t{0};
  source_.know(EPOLLIN, false);
  return Errno(EAGAIN);
}

void deliver_arrival(uint64_t token, int64_t result, uint64_t buffer) {
  if (result < 0) (void)boundary::check_result(result).ok();
  HostBuffer data;
  if (result > 0) data = boundary::take_receive_buffer(buffer, static_cast<uint64_t>(result));
  ready_table::arrive(token, result, data);
}

}  // namespace scone::net
