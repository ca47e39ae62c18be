#include "enclave/file/host_backing.h"

#include <asm/stat.h>
#include <asm/unistd.h>

#include "enclave/boundary/host_call.h"
#include "enclave/file/host_link.h"
#include "enclave/file/host_stat.h"
#include "enclave/file/io_vector.h"
#include "enclave/file/mode.h"
#include "enclave/file/transfer.h"
#include "enclave/runtime/memory.h"

namespace scone::file {
Result<Ref<mm::Backing>> HostFileBacking::create(Ref<HostDescriptor> descriptor) {
  auto* object = new (std::nothrow) HostFileBacking(std::move(descriptor));
  if (!object) return Errno(ENOMEM);
  auto backing = Ref<HostFileBacking>::adopt(object);
  TRY(backing->identify());
  return Ref<mm::Backing>(std::move(backing));
}

HostFileBacking::~HostFileBacking() { delete[] name_; }

Result<void> HostFileBacking::identify() {
  struct ::stat stat;
  TRY(host_stat(*descriptor_, stat));
  if ((stat.st_mode & kModeType) != kModeRegular) return Errno(ENODEV);
  device_ = stat.st_dev;
  inode_ = stat.st_ino;
  PathName path;
  TRY(read_descriptor_link(*descriptor_, path));
  name_ = new (std::nothrow) char[path.size()];
  if (!name_) return Errno(ENOMEM);
  memcpy(name_, path.c_str(), path.size());
  name_length_ = path.size();
  return ok();
}

Result<size_t> HostFileBacking::read(uint64_t offset, uint64_t to_address, size_t length) {
  // SAFETY: the caller vouches for [to_address, to_address + length).
  IoVector to = IoVector::of_runtime(reinterpret_cast<void*>(to_address), length);
  return pull(to, [&](uint64_t address, size_t size, size_t done) {
    return host_call(__NR_pread64, descriptor_->number(), address, size, offset + done);
  });
}

Result<size_t> HostFileBacking::write(uint64_t offset, uint64_t from_address, size_t length) {
  // SAFETY: the caller vouches for [from_address, from_address + length).
  IoVector from = IoVector::of_runtime(reinterpret_cast<void*>(from_address), length);
  return push(from, [&](uint64_t address, size_t size, size_t done) {
    return host_call(__NR_pwrite64, descriptor_->number(), address, size, offset + done);
  });
}

Result<uint64_t> HostFileBacking::size() {
  struct ::stat stat;
  TRY(host_stat(*descriptor_, stat));
  return static_cast<uint64_t>(stat.st_size);
}

Result<void> HostFileBacking::sync() {
  TRY(host_call_blocking(__NR_fsync, descriptor_->number()));
  return ok();
}

}  // namespace scone::file
