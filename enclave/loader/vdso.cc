#include "enclave/loader/vdso.h"

#include <linux/errno.h>
#include <linux/mman.h>

#include <new>
#include <span>

#include "base/min_max.h"
#include "enclave/mm/backing.h"
#include "enclave/runtime/memory.h"

extern "C" const uint8_t vdso_image_begin[], vdso_image_end[];

namespace scone::loader {
namespace {

// The file: part of the measured image.
std::span<const uint8_t> vdso_bytes() { return {vdso_image_begin, vdso_image_end}; }

// A file as any other, so that its system call is rewritten as any other's.
class VdsoBacking final : public mm::Backing {
 public:
  Result<size_t> read(uint64_t offset, uint64_t to_address, size_t length) override {
    const std::span<const uint8_t> file = vdso_bytes();
    if (offset >= file.size()) return size_t{0};
    const size_t count = min_of(length, file.size() - offset);
    // SAFETY: the caller gives accepted, writable memory of `length` bytes.
    memcpy(reinterpret_cast<void*>(to_address), file.data() + offset, count);
    return count;
  }
  Result<size_t> write(uint64_t, uint64_t, size_t) override { return Errno(EIO); }
  Result<uint64_t> size() override { return uint64_t{vdso_bytes().size()}; }
  Result<void> sync() override { return ok(); }
  std::string_view name() const override { return "[vdso]"; }
  uint64_t device() const override { return 0; }
  uint64_t inode() const override { return 0; }
};

}  // namespace

// The image is linked at 0 and is one segment (vdso.lds): mapping the file is all there is to loading it.
Result<uint64_t> map_vdso(mm::AddressSpace& space) {
  auto* backing = new (std::nothrow) VdsoBacking;
  if (!backing) return Errno(ENOMEM);
  return space.mmap({.length = vdso_bytes().size(),
                     .prot = PROT_READ | PROT_EXEC,
                     .flags = MAP_PRIVATE,
                     .backing = Ref<mm::Backing>::adopt(backing)});
}

}  // namespace scone::loader
