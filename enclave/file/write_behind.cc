#include "enclave/file/write_behind.h"

#include <asm/statfs.h>
#include <asm/unistd.h>
#include <linux/errno.h>
#include <linux/fcntl.h>

#include <new>
#include <utility>

#include "base/min_max.h"
#include "enclave/boundary/host_buffer.h"
#include "enclave/boundary/host_call.h"
#include "enclave/boundary/round.h"
#include "enclave/file/host_room.h"
#include "enclave/file/host_stat.h"
#include "enclave/process/limits.h"
#include "enclave/process/thread_list.h"
#include "enclave/sched/clock.h"

namespace scone::file::write_behind {
namespace {

constexpr size_t kMostWaiting = 1 << 20;      // bytes of buffers
constexpr size_t kSequentialRoom = 64 << 10;  // for what is written piece by piece

// A piece of the file on its way. Not thread safe: of a process with one thread, whose crossings complete it.
class PostedWrite final : public boundary::PostedCall {
 public:
  static Result<PostedWrite*> create(Ref<HostDescriptor> file, uint64_t offset, size_t room) {
    HostBuffer buffer = TRY(HostBuffer::allocate(room));
    auto* write = new (std::nothrow) PostedWrite(std::move(file), offset, std::move(buffer));
    if (!write) return Errno(ENOMEM);
    return write;
  }
  // True if the bytes go right behind those that are here, and would leave in the same call.
  bool takes(const HostDescriptor& file, uint64_t offset, size_t length) const {
    return file_.get() == &file && offset == end() && length <= buffer_.size() - length_ &&
           boundary::is_last_posted(*this);
  }
  void append(std::span<const uint8_t> bytes) {
    buffer_.write(length_, bytes.data(), bytes.size());
    length_ += bytes.size();
    set_call();
  }
  uint64_t end() const { return offset_ + length_; }
  const HostDescriptor* file() const { return file_.get(); }
  size_t room() const { return buffer_.size(); }
  void complete(int64_t result) override;

 private:
  PostedWrite(Ref<HostDescriptor> file, uint64_t offset, HostBuffer buffer)
      : PostedCall(0), file_(std::move(file)), buffer_(std::move(buffer)), offset_(offset) {}
  void set_call() {
    call_ = {__NR_pwrite64,
             {file_->number(), buffer_.address() + written_, length_ - written_, offset_ + written_}};
    expected_ = static_cast<int64_t>(length_ - written_);
  }

  const Ref<HostDescriptor> file_;
  HostBuffer buffer_;
  const uint64_t offset_;
  size_t length_ = 0;
  size_t written_ = 0;  // by the host, when it did not take all of it
};

// The last one, to which more may be added; and how much waits altogether.
constinit PostedWrite* g_last = nullptr;
constinit size_t g_waiting = 0;
// Where the last write ended, for what is written piece by piece.
constinit const HostDescriptor* g_last_file = nullptr;  // compared only
constinit uint64_t g_last_end = 0;

void PostedWrite::complete(int64_t result) {
  const size_t left = length_ - written_;
  Result<uint64_t> count = boundary::check_result(result);
  const uint64_t taken = count.ok() ? boundary::check_count(count.value(), left) : 0;
  if (taken > 0 && taken < left) {  // why not all of it, the next attempt says
    written_ += taken;
    set_call();
    return boundary::post_effect(*this);
  }
  if (taken == 0) file_->note_write_error(count.ok() ? EIO : count.error().code());
  if (g_last == this) g_last = nullptr;
  g_waiting -= buffer_.size();
  delete this;
}

// Of the file systems that were written to lately.
struct Room {
  uint64_t device = 0;
  HostRoom room;
};
constexpr size_t kRooms = 4;
constinit Room g_rooms[kRooms];
constinit size_t g_next_room = 0;

struct Space {
  uint64_t total_bytes, free_bytes, total_files, free_files;
};
Result<Space> ask_for_space(const HostDescriptor& file) {
  HostBuffer answer = TRY(HostBuffer::allocate(kHostStatfsSize));
  TRY(host_call(__NR_fstatfs, file.number(), answer.address()));
  struct ::statfs statfs;
  read_host_statfs(answer, statfs);
  const auto block = static_cast<uint64_t>(statfs.f_bsize), blocks = static_cast<uint64_t>(statfs.f_bavail);
  uint64_t bytes;
  if (__builtin_mul_overflow(block, blocks, &bytes)) bytes = UINT64_MAX;
  // What is written is open, so files are no matter.
  return Space{UINT64_MAX, bytes, 0, 0};
}

bool has_room(const HostDescriptor& file, size_t length) {
  Room* room = nullptr;
  for (Room& known : g_rooms)
    if (known.device == file.device()) room = &known;
  if (!room) {
    room = &g_rooms[g_next_room++ % kRooms];
    room->device = file.device();
    room->room.forget();
  }
  return room->room.take(length, sched::now_ns(), kMostWaiting, [&] { return ask_for_space(file); });
}

bool file_size_is_limited() { return process::limit(RLIMIT_FSIZE).soft != UINT64_MAX; }

}  // namespace

bool may_wait(const HostDescriptor& file, int flags, size_t length) {
  return file.is_synced() && length > 0 && length <= kLargestWrite && boundary::batching() &&
         (flags & (O_APPEND | O_DIRECT | O_DSYNC)) == 0 && process::threads().count() == 1 &&
         !file_size_is_limited() && has_room(file, length);
}

Result<std::span<const uint8_t>> gather(IoVector& from) {
  static uint8_t* bytes = nullptr;  // kept, as there is one such thread
  if (!bytes) bytes = new (std::nothrow) uint8_t[kLargestWrite];
  if (!bytes) return Errno(ENOMEM);
  const size_t count = TRY(from.gather(bytes, min_of(from.remaining(), kLargestWrite)));
  return std::span<const uint8_t>(bytes, count);
}

Result<void> post(Ref<HostDescriptor> file, uint64_t offset, std::span<const uint8_t> bytes) {
  file->note_waiting_write();
  boundary::forget_answers();
  if (g_last && g_last->takes(*file, offset, bytes.size())) {
    g_last->append(bytes);
    g_last_end = g_last->end();
    return ok();
  }
  const bool goes_on = g_last_file == file.get() && g_last_end == offset;
  g_last_file = file.get();
  g_last_end = offset + bytes.size();
  if (g_waiting >= kMostWaiting || !boundary::posts_travel(1)) boundary::flush_effects();
  auto* write = TRY(PostedWrite::create(std::move(file), offset, goes_on ? kSequentialRoom : bytes.size()));
  write->append(bytes);
  g_waiting += write->room();
  g_last = write;
  boundary::post_effect(*write);
  return ok();
}

}  // namespace scone::file::write_behind
