#include "enclave/file/host_file.h"

#include <asm/unistd.h>

#include "enclave/boundary/host_buffer.h"
#include "enclave/boundary/host_call.h"
#include "enclave/file/delegation.h"
#include "enclave/file/host_ioctl.h"
#include "enclave/file/host_stat.h"
#include "enclave/file/open.h"
#include "enclave/file/text.h"

namespace scone::file {

Result<uint64_t> HostFile::ioctl(uint32_t request, uint64_t argument) {
  if (flags() & O_PATH) return Errno(EBADF);
  descriptor_->recall(false);
  return host_ioctl(*descriptor_, request, argument);
}

Result<uint64_t> HostFile::number_for_locks() {
  if (!descriptor_->shared()) return number();
  sched::MutexGuard guard(own_mutex_);
  if (!own_) {
    FixedText<48> path;
    path.append("/proc/self/fd/");
    path.append_number(number());
    HostBuffer name = TRY(HostBuffer::string(path.c_str()));
    const uint64_t opened = TRY(host_call(__NR_openat, static_cast<uint64_t>(AT_FDCWD), name.address(),
                                          O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    own_ = TRY(HostDescriptor::create(TRY(HostFd::adopt(opened))));
  }
  return own_->number();
}

Result<void> HostFile::stat(struct ::stat& result) { return host_stat(*descriptor_, result); }

Result<void> HostFile::truncate(uint64_t size) {
  descriptor_->recall(false);
  TRY(host_call(__NR_ftruncate, number(), size));
  return ok();
}

Result<void> HostFile::sync(bool data_only) { return descriptor_->sync(data_only); }

Result<Ref<File>> HostFile::reopen(int flags) {
  FixedText<48> path;
  path.append("/proc/self/fd/");
  path.append_number(number());
  return open_on_host(AT_FDCWD, path.c_str(), flags, 0);
}

Result<uint64_t> HostFile::pipe_size() { return host_call(__NR_fcntl, number(), F_GETPIPE_SZ); }

Result<uint64_t> HostFile::set_pipe_size(uint64_t size) {
  return host_call(__NR_fcntl, number(), F_SETPIPE_SZ, size);
}

Result<void> HostFile::set_flags(int flags) { return set_host_flags(flags, O_APPEND | O_DIRECT | O_NOATIME); }

Result<void> HostFile::set_host_flags(int flags, int honoured) {
  if ((flags ^ this->flags()) & honoured) {
    descriptor_->recall(true);
    const uint64_t now = TRY(host_call(__NR_fcntl, number(), F_GETFL));
    const uint64_t wanted =
        (now & ~static_cast<uint64_t>(honoured)) | static_cast<uint64_t>(flags & honoured);
    TRY(host_call(__NR_fcntl, number(), F_SETFL, wanted));
  }
  change_flags(honoured | O_NONBLOCK, flags);
  return ok();
}

void HostFile::descriptor_closed() {
  if (!has_record_locks_.exchange(false, std::memory_order_relaxed)) return;
  Delegation* delegation = descriptor_->delegation();
  if (delegation && delegation->drop_process_locks()) return;
  struct flock everything = {};
  everything.l_type = F_UNLCK;
  Result<HostBuffer> buffer = HostBuffer::allocate(sizeof everything);
  if (!buffer.ok()) return;  // they go with the host's descriptor at the latest
  buffer.value().put(0, everything);
  (void)host_call(__NR_fcntl, number(), F_SETLK, buffer.value().address());
}

}  // namespace scone::file
