// What stands behind a file mapping, and who looks at code before it may run.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "base/ref.h"
#include "base/result.h"

namespace scone::mm {

// Contents of a mapped file. Called with the address space's lock held, one call at a time; may block on the host, must not
// use the address space.
class Backing : public RefCounted {
 public:
  virtual ~Backing() = default;

  // Fills [to_address, to_address + length), which is accepted, writable enclave memory, from the file at `offset`.
  // Returns the bytes read; fewer than `length` only at the end of the file. EIO.
  virtual Result<size_t> read(uint64_t offset, uint64_t to_address, size_t length) = 0;
  // Copies bytes of the file that are at hand, without leaving the enclave; `to` is any memory of the runtime's or the host's. Returns how
  // many, from `offset` on; 0 if there are none.
  virtual size_t peek(uint64_t /*offset*/, void* /*to*/, size_t /*length*/) { return 0; }
  // Writes accepted, readable enclave memory to the file; the range lies below size(). Fewer bytes than asked for is an
  // error to the caller. EIO, ENOSPC, …
  virtual Result<size_t> write(uint64_t offset, uint64_t from_address, size_t length) = 0;
  // Length of the file now, in bytes.
  virtual Result<uint64_t> size() = 0;
  // Makes what was written durable (MS_SYNC).
  virtual Result<void> sync() = 0;

  // For /proc/self/maps. The name lives as long as the object.
  virtual std::string_view name() const = 0;
  virtual uint64_t device() const = 0;
  virtual uint64_t inode() const = 0;
};

// Sees the code of an executable private file mapping before it becomes executable; the system-call rewriter.
class ExecHook {
 public:
  // `bytes` stand at `address` already, readable and writable but not yet executable, and may be changed: all of the mapping
  // up to the end of the file. Called with the address space's lock held; of the address space only reserve_code() and
  // write_code() may be used. An error makes the mmap fail with it.
  // `offset` is where in the file they stand.
  virtual Result<void> prepare(uint64_t address, std::span<uint8_t> bytes, Backing& backing,
                               uint64_t offset) = 0;

 protected:
  ~ExecHook() = default;
};

}  // namespace scone::mm
