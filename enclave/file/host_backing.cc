#include "enclave/file/host_backing.h"

#include <asm/stat.h>
#include <asm/unistd.h>

#include "base/min_max.h"
#include "enclave/boundary/host_call.h"
#include "enclave/file/host_link.h"
#include "enclave/file/host_stat.h"
#include "enclave/file/io_vector.h"
#include "enclave/file/mode.h"
#include "enclave/file/path_habits.h"
#include "enclave/file/round_cache.h"
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
  if (Ref<Snapshot> snapshot = round_cache::find(*descriptor_))
    stat = snapshot->stat;
  else
    TRY(host_stat(*descriptor_, stat));
  if ((stat.st_mode & kModeType) != kModeRegular) return Errno(ENODEV);
  device_ = stat.st_dev;
  inode_ = stat.st_ino;
  return ok();
}

std::string_view HostFileBacking::name() const {
  if (name_) return {name_, name_length_};
  PathName path;
  if (!read_descriptor_link(*descriptor_, path).ok()) return {};
  name_ = new (std::nothrow) char[path.size()];
  if (!name_) return {};
  memcpy(name_, path.c_str(), path.size());
  name_length_ = path.size();
  return {name_, name_length_};
}

size_t HostFileBacking::peek(uint64_t offset, void* to, size_t length) {
  Ref<Snapshot> snapshot = round_cache::find(*descriptor_);
  if (!snapshot) return 0;
  const auto size = static_cast<uint64_t>(snapshot->stat.st_size);
  if (!snapshot->has_content) path_habits::note_read(snapshot->path_hash, size);
  if (!snapshot->has_content || offset >= size) return 0;
  length = min_of<uint64_t>(length, size - offset);
  memcpy(to, static_cast<const char*>(snapshot->content()) + offset, length);
  return length;
}

Result<size_t> HostFileBacking::read(uint64_t offset, uint64_t to_address, size_t length) {
  // SAFETY: as below.
  if (const size_t here = peek(offset, reinterpret_cast<void*>(to_address), length); here == length) return here;
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

Result<void> HostFileBacking::sync() { return descriptor_->sync(false); }

}  // namespace scone::file
