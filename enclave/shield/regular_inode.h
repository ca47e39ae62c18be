// Contents of a shielded or ephemeral file: what is cached, and what goes to and comes from below.
//
// Writes stay in the cache as dirty pages, which store_dirty() hands over in one go, or go through to below where may_delay() says so
// (docs/decisions/0019-write-back.md).
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <span>

#include "base/ref.h"
#include "base/result.h"
#include "enclave/file/file_locks.h"
#include "enclave/file/io_vector.h"
#include "enclave/file/page_cache.h"
#include "enclave/sched/mutex.h"
#include "enclave/shield/inode.h"
#include "volume/parts.h"

namespace scone::shield {

using file::kPageSize;
using file::Page;
using file::page_cache;
using file::PageTree;
using file::Pinned;

class DirtyFiles;

// Locks: content_lock_ first, then what is below. No program memory is touched with it held, because a page fault there may
// read this very file (mm::Backing).
class RegularInode : public Inode, public ListNode<DirtyFiles> {
 public:
  explicit RegularInode(uint64_t size) : Inode(Kind::kFile), size_(size) {}
  ~RegularInode() override { drop_pages(0); }

  uint64_t size() override { return size_.load(std::memory_order_acquire); }
  RegularInode* regular() override { return this; }
  file::FileLocks& locks() { return locks_; }

  // Fewer bytes than asked for only at the end. EIO: below is damaged; EFAULT, ENOMEM.
  Result<size_t> read(uint64_t offset, file::IoVector& to);
  // At `offset`, or at the end. `end`: where the last byte went. EFAULT, EFBIG, ENOSPC, EIO, EROFS.
  Result<size_t> write(std::optional<uint64_t> offset, file::IoVector& from, uint64_t& end);
  Result<void> truncate(uint64_t size);
  // What was written so far is below. On error everything that was not is still dirty.
  Result<void> store_dirty();
  uint64_t dirty_bytes() const { return dirty_count_.load(std::memory_order_relaxed) * kPageSize; }
  // fallocate(2). EOPNOTSUPP.
  Result<void> reserve(int mode, uint64_t offset, uint64_t length);
  virtual Result<uint64_t> seek_data(uint64_t offset);  // SEEK_DATA, ENXIO
  virtual Result<uint64_t> seek_hole(uint64_t offset);

  // Open descriptions and mappings: contents are read and written only while there is one.
  virtual Result<void> open() { return ok(); }
  virtual void close() {}

 protected:
  // What is below. All called with content_lock_ held.
  virtual bool keeps_pages() const = 0;  // the cache is the only place where the contents are
  // All of it lies below size(). Fewer bytes: what follows them cannot be read; asked for that alone it is an error.
  virtual Result<size_t> fetch(uint64_t offset, const volume::Parts& to) = 0;
  virtual Result<void> store(uint64_t offset, std::span<const uint8_t> from) = 0;
  virtual Result<void> resize(uint64_t size) = 0;
  // True: a change of `length` bytes from `offset` on may wait in the cache, and store() of it later will not fail for want of room.
  // EFBIG.
  virtual Result<bool> may_delay(uint64_t /*offset*/, uint64_t /*length*/) { return false; }
  // A change is made that waits.
  virtual void delaying() {}
  // Ascending pieces, whole pages up to the end of the file.
  virtual Result<void> store_pages(std::span<const volume::Piece>) { return ok(); }
  // store_dirty() came to its end.
  virtual void stored(bool /*successfully*/) {}
  // Too much waits in all files together. Without content_lock_.
  virtual void store_all() {}
  // content_lock_ held.
  Result<void> store_dirty_locked();
  void drop_pages(uint64_t first);  // dirty or not
  PageTree& pages() { return pages_; }
  sched::Mutex& content_lock() { return content_lock_; }

 private:
  Result<Pinned> page_at(uint64_t index);
  uint64_t pages_to_fetch(uint64_t index);
  Result<Pinned> fetch_pages(uint64_t index);
  Result<size_t> write_locked(std::optional<uint64_t> offset, std::span<const uint8_t> bytes, uint64_t& end);
  Result<void> write_piece(uint64_t offset, std::span<const uint8_t> bytes);
  Result<void> delay_piece(uint64_t offset, std::span<const uint8_t> bytes);
  Result<void> delay_in_page(uint64_t index, size_t begin, std::span<const uint8_t> bytes);
  class DirtyPages;
  Result<void> store_batch(std::span<Page* const> pages);
  Result<void> update_page(uint64_t index, size_t begin, std::span<const uint8_t> bytes, uint64_t old_size);
  Result<void> truncate_locked(uint64_t size);
  void clear_cached(uint64_t begin, uint64_t end);

  file::FileLocks locks_;
  sched::Mutex content_lock_;
  std::atomic<uint64_t> size_;  // written under content_lock_
  PageTree pages_;              // guarded by the cache's lock
  IntrusiveList<Page> dirty_;   // guarded by content_lock_, as is the number of its pages
  std::atomic<uint64_t> dirty_count_{0};
};

}  // namespace scone::shield
