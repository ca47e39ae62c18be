// A file that the host holds: what all kinds of forwarded files have in common.
#pragma once

#include <atomic>
#include <cstdint>

#include "base/ref.h"
#include "base/result.h"
#include "enclave/file/file.h"
#include "enclave/file/host_descriptor.h"
#include "enclave/file/text.h"
#include "enclave/sched/mutex.h"

namespace scone::file {

// Descriptions that can only be named: O_PATH. Base class of those that can be read and written (seekable_file.h,
// stream_file.h, host_directory.h). Everything but the data is forwarded here.
class HostFile : public File {
 public:
  // `flags` as given to open(2), less those that only concern opening.
  HostFile(Ref<HostDescriptor> descriptor, int flags) : File(flags), descriptor_(std::move(descriptor)) {}

  Result<uint64_t> ioctl(uint32_t request, uint64_t argument) override;
  Result<void> stat(struct ::stat& result) override;
  Result<void> truncate(uint64_t size) override;
  Result<void> sync(bool data_only) override;
  Result<Ref<File>> reopen(int flags) override;
  Result<void> set_flags(int flags) override;
  Result<uint64_t> pipe_size() override;
  Result<uint64_t> set_pipe_size(uint64_t size) override;
  const HostFd* host_fd() override { return &descriptor_->fd(); }
  HostFile* as_host_file() final { return this; }

  const Ref<HostDescriptor>& descriptor() const { return descriptor_; }
  uint64_t number() const { return descriptor_->number(); }
  // The same file by a description that no other open(2) got: for locks that belong to descriptions (flock(2), F_OFD_SETLK).
  Result<uint64_t> number_for_locks();

  // POSIX record locks belong to the process and go with the first descriptor that is closed (fcntl(2)), even if the
  // description lives on in a duplicate or a mapping. These remember that there may be some, and drop them.
  void note_record_lock() { has_record_locks_.store(true, std::memory_order_relaxed); }
  void descriptor_closed() override;

  // The path from the program's root under which it was opened; empty if that is simply the host's. Set before others see the file.
  std::string_view program_path() const override { return program_path_.view(); }
  Result<void> set_program_path(std::string_view path) {
    program_path_.append(path);
    return program_path_.status();
  }

 protected:
  // Changes the flags of the host's description as well, which must be ours alone.
  Result<void> set_host_flags(int flags, int honoured);

 private:
  const Ref<HostDescriptor> descriptor_;
  sched::Mutex own_mutex_;
  Ref<HostDescriptor> own_;  // instead of a shared descriptor_; made when needed; guarded by own_mutex_
  std::atomic<bool> has_record_locks_{false};
  Text program_path_;
};

}  // namespace scone::file
