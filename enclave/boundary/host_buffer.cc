#include "enclave/boundary/host_buffer.h"

#include <utility>

#include "enclave/boundary/app_copy.h"
#include "enclave/boundary/arena.h"
#include "enclave/boundary/receive_buffers.h"
#include "enclave/runtime/memory.h"

// SAFETY (whole file): address_ .. address_ + size_ is a block of the host arena, which was checked to lie outside ELRANGE; all accesses
// are bulk copies between it and private memory.
namespace scone::boundary {

Result<HostBuffer> HostBuffer::allocate(size_t size) {
  HostBuffer buffer;
  buffer.address_ = TRY(allocate_host_memory(size ? size : 1));
  buffer.size_ = size;
  return buffer;
}

HostBuffer::HostBuffer(HostBuffer&& other) noexcept
    : address_(std::exchange(other.address_, 0)), size_(std::exchange(other.size_, 0)) {}

HostBuffer& HostBuffer::operator=(HostBuffer&& other) noexcept {
  std::swap(address_, other.address_);
  std::swap(size_, other.size_);
  return *this;
}

HostBuffer::~HostBuffer() {
  if (address_ && !return_receive_buffer(address_)) free_host_memory(address_);
}

void HostBuffer::write(size_t offset, const void* from, size_t length) {
  memcpy(reinterpret_cast<void*>(address_ + offset), from, length);
}

void HostBuffer::read(size_t offset, void* to, size_t length) const {
  memcpy(to, reinterpret_cast<const void*>(address_ + offset), length);
}

Result<void> HostBuffer::write_from_app(size_t offset, AppPtr<const void> from, size_t length) {
  return copy_from_app(reinterpret_cast<void*>(address_ + offset), from, length);
}

Result<void> HostBuffer::read_to_app(size_t offset, AppPtr<void> to, size_t length) const {
  return copy_to_app(to, reinterpret_cast<const void*>(address_ + offset), length);
}

HostBuffer HostBuffer::of_host(uint64_t address, size_t size) {
  HostBuffer buffer;
  buffer.address_ = address;
  buffer.size_ = size;
  return buffer;
}

Result<HostBuffer> HostBuffer::string(const char* text) {
  const size_t size = strlen(text) + 1;
  HostBuffer buffer = TRY(allocate(size));
  buffer.write(0, text, size);
  return buffer;
}

}  // namespace scone::boundary
