// Regular files, block devices and other host files with positions.
#pragma once

#include <cstdint>
#include <optional>

#include "base/ref.h"
#include "base/result.h"
#include "enclave/file/host_file.h"
#include "enclave/mm/backing.h"
#include "enclave/sched/mutex.h"

namespace scone::file {

// Where the position of an open file is.
enum class PositionKeeper : uint8_t {
  kEnclave,  // descriptions that we opened: seeking costs no host call
  kHost,     // descriptions that other processes share with us: their position must move with ours
};

// Never blocks for long, so there is no readiness: poll() says yes, epoll refuses it. Transfers are complete but at the end of
// the file. As on Linux, reads and writes at the position are atomic against each other, those at an offset are not.
class SeekableFile final : public HostFile {
 public:
  SeekableFile(Ref<HostDescriptor> descriptor, int flags, uint32_t mode, PositionKeeper keeper)
      : HostFile(std::move(descriptor), flags), keeper_(keeper), mode_(mode) {}

  Result<size_t> read(IoVector& to, std::optional<uint64_t> offset) override;
  Result<size_t> write(IoVector& from, std::optional<uint64_t> offset) override;
  Result<uint64_t> seek(int64_t offset, int whence) override;
  Result<void> stat(struct ::stat& result) override;
  Result<void> flush() override { return descriptor()->finish_writes(); }
  Result<uint64_t> ioctl(uint32_t request, uint64_t argument) override;
  Result<void> set_flags(int flags) override;
  Result<Ref<mm::Backing>> backing(bool write_shared) override;

 private:
  Result<size_t> write_at(IoVector& from, uint64_t offset);
  Result<uint64_t> locate();  // the rest: position_lock_ held
  Result<int> bytes_left();
  Result<uint64_t> seek_on_host(int64_t offset, int whence);
  Result<uint64_t> seek_inside(int64_t offset, int whence);

  const PositionKeeper keeper_;
  const uint32_t mode_;  // st_mode
  sched::Mutex position_lock_;
  uint64_t position_ = 0;
  // O_APPEND: the host knows where its last write ended, and we have not asked yet.
  bool ask_host_ = false;
  Ref<mm::Backing> backing_;  // made by the first mapping, the same for all
};

}  // namespace scone::file
