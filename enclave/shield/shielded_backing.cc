#include "enclave/shield/shielded_backing.h"

#include <new>

#include "enclave/file/io_vector.h"

namespace scone::shield {

Result<Ref<mm::Backing>> ShieldedBacking::create(Ref<Inode> inode, std::string_view path) {
  TRY(inode->regular()->open());
  RegularInode& content = *inode->regular();
  auto* object = new (std::nothrow) ShieldedBacking(std::move(inode));
  if (!object) {
    content.close();
    return Errno(ENOMEM);
  }
  auto backing = Ref<ShieldedBacking>::adopt(object);
  backing->path_.append(path);
  TRY(backing->path_.status());
  return Ref<mm::Backing>(std::move(backing));
}

Result<size_t> ShieldedBacking::read(uint64_t offset, uint64_t to_address, size_t length) {
  // SAFETY: the caller vouches for [to_address, to_address + length).
  file::IoVector to = file::IoVector::of_runtime(reinterpret_cast<void*>(to_address), length);
  return content().read(offset, to);
}

Result<size_t> ShieldedBacking::write(uint64_t offset, uint64_t from_address, size_t length) {
  // SAFETY: the caller vouches for [from_address, from_address + length).
  file::IoVector from = file::IoVector::of_runtime(reinterpret_cast<void*>(from_address), length);
  uint64_t end;
  return content().write(offset, from, end);
}

}  // namespace scone::shield
