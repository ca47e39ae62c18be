// One direction of a socket pair: bytes, where messages end, and what travels with them.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/intrusive_list.h"
#include "base/result.h"
#include "enclave/file/byte_ring.h"
#include "enclave/file/io_vector.h"
#include "enclave/net/control.h"
#include "enclave/sched/mutex.h"

namespace scone::net {

// Thread safe; never waits for room or data.
class Channel {
 public:
  static constexpr size_t kCapacity = 208 << 10;  // as net.core.wmem_default
  static constexpr size_t kMaxRecords = 1024;

  // What came out with one take().
  struct Taken {
    size_t count = 0;   // bytes copied
    size_t length = 0;  // of the whole message; for a stream the same as count
    PassedFiles files;
    std::optional<Credentials> credentials;
  };

  Channel() = default;
  ~Channel();

  // A stream appends what fits, merging writes; otherwise the buffers are one message that goes whole. Takes `files` over with the
  // first byte. EAGAIN: no room now; EMSGSIZE: never; EFAULT, ENOMEM.
  Result<size_t> put(file::IoVector& from, bool stream, PassedFiles& files,
                     const std::optional<Credentials>& credentials);
  // Fills `to`: a stream up to the end or the next message with files, otherwise from one message, the rest of which is
  // lost. `peek` leaves everything in place. EAGAIN: empty; EFAULT, ENOMEM.
  Result<Taken> take(file::IoVector& to, bool stream, bool peek);

  // Without lock, for polls.
  size_t used() const { return used_.load(std::memory_order_acquire); }
  bool empty() const { return record_count_.load(std::memory_order_acquire) == 0; }
  bool has_room() const { return used() <= kCapacity / 2 && record_count_.load() < kMaxRecords; }
  bool can_take(size_t size, bool stream) const;
  // Of the first message; of a stream all. FIONREAD.
  size_t next_size(bool stream);

 private:
  struct Record : ListNode<Record> {
    size_t size = 0;
    PassedFiles files;
    std::optional<Credentials> credentials;
    bool plain() const { return files.empty() && !credentials; }
  };

  // mutex_ held:
  Result<void> make_room(size_t size);
  Result<size_t> copy_in(file::IoVector& from, size_t size);
  Result<size_t> copy_out(file::IoVector& to, size_t skip, size_t size);
  Result<void> take_attachments(Record& record, Taken& taken, bool peek);
  void drop(Record& record);
  void publish();

  sched::Mutex mutex_;  // held while bytes are copied
  file::ByteRing ring_;
  IntrusiveList<Record> records_;
  Record* last_ = nullptr;  // of records_
  size_t records_held_ = 0;
  std::atomic<size_t> used_{0};          // as of the last change
  std::atomic<size_t> record_count_{0};  // the same
};

}  // namespace scone::net
