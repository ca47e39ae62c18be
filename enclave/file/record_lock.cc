#include "enclave/file/record_lock.h"

#include <asm/unistd.h>
#include <linux/fs.h>

#include <new>
#include <optional>
#include <utility>

#include "enclave/boundary/host_buffer.h"
#include "enclave/boundary/host_call.h"
#include "enclave/boundary/round.h"
#include "enclave/file/delegation.h"
#include "enclave/file/file_locks.h"
#include "enclave/file/foresight.h"
#include "enclave/file/host_file.h"
#include "enclave/process/thread_list.h"
#include "enclave/runtime/memory.h"

namespace scone::file {
namespace {

bool asks(int command) { return command == F_GETLK || command == F_OFD_GETLK; }

// The same request without waiting.
int without_waiting(int command) {
  if (command == F_SETLKW) return F_SETLK;
  if (command == F_OFD_SETLKW) return F_OFD_SETLK;
  return command;
}

// The host does not know the positions of our files.
Result<void> make_absolute(File& file, struct flock& lock) {
  if (lock.l_whence != SEEK_CUR) return ok();
  const uint64_t position = TRY(file.seek(0, SEEK_CUR));
  if (__builtin_add_overflow(position, lock.l_start, &lock.l_start)) return Errno(EOVERFLOW);
  lock.l_whence = SEEK_SET;
  return ok();
}

// What is locked or unlocked, for foresight.
uint32_t hash_of(uint64_t descriptor, uint64_t command, const struct flock& lock) {
  uint64_t hash = descriptor * 31 + command;
  for (uint64_t part : {static_cast<uint64_t>(lock.l_type), static_cast<uint64_t>(lock.l_start),
                        static_cast<uint64_t>(lock.l_len)})
    hash = (hash ^ part) * 0x9e3779b97f4a7c15;
  return static_cast<uint32_t>(hash >> 32) | 1;
}

Result<uint64_t> ask_host(HostFile& file, int command, const HostBuffer& lock) {
  const bool of_description = command == F_OFD_GETLK || command == F_OFD_SETLK || command == F_OFD_SETLKW;
  const uint64_t number = of_description ? TRY(file.number_for_locks()) : file.number();
  const auto at_once = static_cast<uint64_t>(without_waiting(command));
  const boundary::CallArguments call{__NR_fcntl, {number, at_once, lock.address()}};
  Result<uint64_t> tried =
      asks(command)
          ? host_call(__NR_fcntl, number, at_once, lock.address())
          : foresight::act(call, file.number(), hash_of(number, at_once, lock.get<struct flock>(0)));
  const bool taken = !tried.ok() && (tried.error() == Errno(EAGAIN) || tried.error() == Errno(EACCES));
  if (!taken || without_waiting(command) == command) return tried;
  return host_call_blocking(__NR_fcntl, number, static_cast<uint64_t>(command), lock.address());
}

// An unlock that leaves with the next crossing: until then no other process can have asked. Of a process with one thread only, since another
// thread could tell the world through another ethread that the lock is gone.
class PostedUnlock final : public boundary::PostedCall {
 public:
  // Takes the lock's buffer. False: there is no memory.
  static bool post(Ref<HostDescriptor> descriptor, HostBuffer& lock) {
    auto* unlock = new (std::nothrow) PostedUnlock(std::move(descriptor));
    if (!unlock) return false;
    unlock->lock_ = std::move(lock);
    unlock->call_ = {__NR_fcntl, {unlock->descriptor_->number(), F_SETLK, unlock->lock_.address()}};
    boundary::post_effect(*unlock);
    return true;
  }
  void complete(int64_t result) override {
    if (Result<uint64_t> checked = boundary::check_result(result); !checked.ok())
      descriptor_->note_lock_error(checked.error().code());
    delete this;
  }

 private:
  explicit PostedUnlock(Ref<HostDescriptor> descriptor) : PostedCall(0), descriptor_(std::move(descriptor)) {}
  const Ref<HostDescriptor> descriptor_;
  HostBuffer lock_;
};

bool may_unlock_later(int command, const struct flock& lock) {
  return lock.l_type == F_UNLCK && (command == F_SETLK || command == F_SETLKW) && boundary::batching() &&
         process::threads().count() == 1;
}

// A copy whose padding carries nothing of the program's memory to the host.
struct flock without_padding(const struct flock& from) {
  struct flock lock;
  memset(&lock, 0, sizeof lock);
  lock.l_type = from.l_type;
  lock.l_whence = from.l_whence;
  lock.l_start = from.l_start;
  lock.l_len = from.l_len;
  lock.l_pid = from.l_pid;
  return lock;
}

bool plausible(const struct flock& lock) {
  return (lock.l_type == F_RDLCK || lock.l_type == F_WRLCK || lock.l_type == F_UNLCK) && lock.l_start >= 0 &&
         lock.l_len >= 0;
}

// Of a file that is kept inside; none: the host's affair.
std::optional<Result<void>> lock_inside(HostFile& host, int command, struct flock& lock) {
  Delegation* delegation = host.descriptor()->delegation();
  if (!delegation) return std::nullopt;
  auto done = delegation->record_lock(host, command, lock);
  if (!done || !done->ok() || asks(command)) return done;
  host.note_record_lock();
  foresight::note_act_inside(host.number(), hash_of(host.number(), F_SETLK, lock));
  return done;
}

// F_GETLK: the lock that is in the way; if there is none, only the type of the request changes.
Result<void> answer_asker(AppPtr<void> argument, struct flock request, const struct flock& found) {
  request.l_type = F_UNLCK;
  return boundary::write_app(argument.cast<struct flock>(), found.l_type == F_UNLCK ? request : found);
}

}  // namespace

Result<void> record_lock(File& file, int command, AppPtr<void> argument) {
  HostFile* host = file.as_host_file();
  FileLocks* locks = file.locks();
  if (!host && !locks) return Errno(EINVAL);
  const auto request = TRY(boundary::read_app(argument.cast<struct flock>()));
  struct flock lock = without_padding(request);
  if (locks) {
    TRY(locks->record_lock(file, command, lock));
    return asks(command) ? boundary::write_app(argument.cast<struct flock>(), lock) : ok();
  }
  TRY(make_absolute(file, lock));
  if (auto done = lock_inside(*host, command, lock)) {
    TRY(*done);
    return asks(command) ? answer_asker(argument, request, lock) : ok();
  }
  HostBuffer buffer = TRY(HostBuffer::allocate(sizeof lock));
  buffer.put(0, lock);
  if (const int error = host->descriptor()->take_lock_error()) return Errno(error);
  if (may_unlock_later(command, lock) && PostedUnlock::post(host->descriptor(), buffer)) return ok();
  TRY(ask_host(*host, command, buffer));
  if (command == F_SETLK || command == F_SETLKW) {
    host->note_record_lock();
    host->descriptor()->note_host_lock();
  }
  if (!asks(command)) return ok();

  const auto answer = buffer.get<struct flock>(0);
  if (answer.l_type != F_UNLCK && !plausible(answer)) boundary::host_violation("fcntl: not a lock");
  return answer_asker(argument, request, answer);
}

}  // namespace scone::file
