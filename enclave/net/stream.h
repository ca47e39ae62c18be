// A connected TCP socket's data on this side of the border: bytes that were received ahead of the program's asking, and bytes that it has
// sent and that leave with the next crossing.
//
// As the kernel's socket buffers: a receive takes what is here; a send is done when its bytes are here; what goes wrong later is reported
// by the next call (tcp(7)). The host is asked for a few buffers at a time, so a program that does not read stops the sender.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/ref.h"
#include "base/result.h"
#include "enclave/boundary/host_buffer.h"
#include "enclave/boundary/round.h"
#include "enclave/file/file.h"
#include "enclave/file/host_descriptor.h"
#include "enclave/file/io_vector.h"
#include "enclave/net/readiness.h"
#include "enclave/sched/lock.h"
#include "enclave/sched/mutex.h"

namespace scone::net {

struct SendListTag;

// Part of a HostSocket, `owner`, to which it holds a reference as long as something is to be sent or a call is under way, so that a closed
// socket still sends. Thread safe.
class Stream final : public ListNode<SendListTag> {
 public:
  // ENOMEM. Nothing is received before start().
  static Result<Stream*> create(file::File& owner, ReadySource& source, const HostFd& fd);
  ~Stream();

  // Asks the host to receive ahead. Precondition: the source is armed.
  void start();

  struct Taking {
    file::IoVector& to;
    size_t most;              // bytes
    bool peek = false;        // leave the bytes
    bool discard = false;     // only count them (MSG_TRUNC)
    bool keep_error = false;  // for the next call: this one has something to return
  };
  // Moves what is here, at most `most`; 0: end of the stream. EAGAIN: nothing here; EFAULT, and once the connection's error.
  Result<size_t> take(const Taking& taking);
  // Bytes that take() would find.
  size_t waiting();
  // True once after bytes came: a "nothing here" is then news enough for a program that drains the socket.
  bool first_look();

  // Takes over what there is room for and returns how much that is. EAGAIN: no room; EFAULT, ENOMEM, and once the connection's error.
  Result<size_t> put(file::IoVector& from);
  // The same with [offset, offset + count) of a file of the host, which it must have.
  Result<size_t> put_file(const Ref<file::HostDescriptor>& file, uint64_t offset, size_t count);
  // SO_ERROR: the connection's error, which is then forgotten; 0: none.
  int take_error();
  // True when all that was put has been given to the kernel, or cannot be.
  bool sent_all();
  // The kernel's buffer is full: sending goes on when the peer has read.
  bool blocked();
  // Performs shutdown(2) on the host once all is sent. False: it is, so the caller does it.
  bool shut_down_later(int how);

  // The host reported an edge.
  void on_edge(uint32_t events);
  void on_arrival(int64_t result, HostBuffer& data);

 private:
  friend void post_sends();
  static constexpr uint32_t kAhead = 16;              // receive buffers per stream
  static constexpr size_t kSendRoom = 256 << 10;      // bytes
  static constexpr uint32_t kSegments = 16;
  static constexpr uint32_t kSendCalls = 4;

  // Received bytes [begin, end) of memory.
  struct Piece {
    HostBuffer memory;
    uint8_t* copy = nullptr;  // owned; instead of memory, where the host was short of buffers
    uint32_t begin = 0, end = 0;
    ~Piece() { delete[] copy; }
  };
  // Bytes [begin, end) to be sent, of memory or of a file.
  struct Segment {
    HostBuffer memory;
    Ref<file::HostDescriptor> file;
    uint64_t begin = 0, end = 0;
    uint64_t left() const { return end - begin; }
  };
  // One of the calls by which the stream acts on the host; they are posted again and again.
  class Call final : public boundary::PostedCall {
   public:
    using Done = void (Stream::*)(Call& call, int64_t result);
    Call() : PostedCall(0) {}
    void prepare(Stream& stream, Done done, const boundary::CallArguments& call, int64_t expected, bool linked);
    void complete(int64_t result) override { (stream_->*done_)(*this, result); }
    // The result is wanted even if it is as expected.
    void await() { awaited_ = true; }
    int64_t expected() const { return expected_; }

   private:
    Stream* stream_ = nullptr;
    Done done_ = nullptr;
  };

  class Stop;

  Stream(file::File& owner, ReadySource& source, const HostFd& fd) : owner_(owner), source_(source), fd_(fd) {}
  uint64_t number() const { return static_cast<uint64_t>(fd_.number()); }
  void release_owner();

  // Receiving; lock_ held where it says so.
  void fail(int error);        // lock_
  void break_down(int error);  // lock_
  bool readable() const { return piece_count_ > 0 || ended_ || error_; }  // lock_
  int tell_error();            // lock_
  bool is_empty() const { return piece_count_ == 0; }  // lock_
  void pop_bytes(Piece& piece, size_t count);
  void ask_for_more();
  void asked(Call& call, int64_t result);
  static uint8_t* copy_inside(const HostBuffer& data);

  // Sending.
  Result<int> error_or_room(size_t& room, bool keep_error);
  Segment* open_segment(size_t wanted);
  Result<Segment*> add_segment(size_t wanted);
  void commit(Segment& segment, size_t count);
  void account(size_t count);  // lock_
  void want_to_send();    // lock_
  void post_pending();
  void prepare_segment(Call& call, Segment& segment, size_t index, bool more, bool linked);
  void sent(Call& call, int64_t result);
  void advance(uint64_t count);             // lock_
  void drop_unsent();                       // lock_
  bool conclude();                          // lock_
  void show_room();                         // lock_
  void ask_for_room();                      // lock_
  void asked_for_room(Call& call, int64_t result);
  void shut_down(Call& call, int64_t result);

  file::File& owner_;
  ReadySource& source_;
  const HostFd& fd_;
  Stop* stop_ = nullptr;   // allocated with the stream: its end must not need memory
  sched::Mutex taking_;    // one reader at a time
  sched::Mutex putting_;   // one writer at a time
  sched::SpinLock lock_{sched::LockRank::kStream};

  // Guarded by lock_. What went wrong with the connection is told once, by whatever call comes next (tcp(7)).
  int error_ = 0;
  bool broken_ = false;        // nothing goes any more; what has come is still to be read, and may have more behind it

  // Guarded by lock_. A piece's bytes are read without it, by the reader only.
  Piece pieces_[kAhead];
  uint32_t first_piece_ = 0;
  uint32_t piece_count_ = 0;
  uint32_t asked_for_ = 0;     // buffers that the host may still fill
  bool asking_ = false;        // ask_ is under way
  bool ended_ = false;         // nothing comes any more
  bool first_look_ = false;
  Call ask_;

  // Guarded by lock_. The last segment's memory beyond `end` is the writer's.
  Segment segments_[kSegments];
  uint32_t first_segment_ = 0;
  uint32_t segment_count_ = 0;
  size_t unsent_ = 0;          // bytes in segments_
  uint32_t under_way_ = 0;     // calls posted
  bool appending_ = false;     // a writer is copying into the last segment
  bool listed_ = false;        // in the list of streams that want to send
  bool blocked_ = false;       // until an edge
  bool holds_owner_ = false;   // from the first unsent byte until all is sent
  bool room_asked_ = false;    // room_ is under way
  bool room_wanted_ = false;   // it was wanted again meanwhile
  bool write_shut_ = false;    // by shutdown(2)
  int shut_down_how_ = -1;     // shutdown(2) that waits for the rest to be sent
  Call sends_[kSendCalls];
  Call room_;
  Call shutdown_;
  HostBuffer cells_;           // host memory: an epoll_event, and an offset per call
};

}  // namespace scone::net
