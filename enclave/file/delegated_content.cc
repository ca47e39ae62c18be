// What a delegated file holds, kept inside.
#include <asm/stat.h>
#include <asm/unistd.h>

#include "base/min_max.h"
#include "enclave/boundary/host_call.h"
#include "enclave/file/delegation.h"
#include "enclave/file/host_descriptor.h"
#include "enclave/file/host_stat.h"
#include "enclave/file/transfer.h"
#include "enclave/runtime/memory.h"

namespace scone::file {
namespace {

constexpr uint64_t kFetch = 8;            // pages, aligned
constexpr size_t kLargeRead = 256 << 10;  // worth a crossing of its own

}  // namespace

std::optional<Result<size_t>> Delegation::read(IoVector& to, uint64_t offset) {
  if (!still_held() || to.remaining() > kLargeRead) return std::nullopt;
  sched::MutexGuard guard(mutex_);
  if (!held()) return std::nullopt;
  if (stale_.load(std::memory_order_relaxed))
    if (Result<void> refreshed = refresh(); !refreshed.ok()) return Result<size_t>(refreshed.error());
  size_t done = 0;
  while (to.remaining() > 0 && offset < size_) {
    Result<Pinned> page = page_at(offset / kPageSize);
    if (!page.ok() && page.error() == Errno(ENOMEM)) return read_on_host(to, offset, done);
    if (!page.ok()) return partial(done, page.error());
    if (offset >= size_) break;
    const uint64_t begin = offset % kPageSize;
    const size_t length = min_of(min_of(kPageSize - begin, size_ - offset), to.remaining());
    Result<size_t> moved = to.scatter(page.value().bytes() + begin, length);
    if (!moved.ok()) return partial(done, moved.error());
    done += moved.value();
    offset += moved.value();
    if (moved.value() < length) break;
  }
  return Result<size_t>(done);
}

// For want of memory: what is left to read, after `done` bytes.
Result<size_t> Delegation::read_on_host(IoVector& to, uint64_t offset, size_t done) {
  Result<size_t> rest = pull(to, [&](uint64_t address, size_t length, size_t moved) {
    return host_call(__NR_pread64, descriptor_.number(), address, length, offset + moved);
  });
  return rest.ok() ? Result<size_t>(done + rest.value()) : partial(done, rest.error());
}

Result<void> Delegation::refresh() {
  stale_.store(false, std::memory_order_relaxed);
  page_cache().drop_from(pages_, 0);
  struct ::stat stat;
  TRY(host_stat(descriptor_, stat));
  size_ = static_cast<uint64_t>(stat.st_size);
  return ok();
}

Result<Pinned> Delegation::page_at(uint64_t index) {
  Pinned page = page_cache().find(pages_, index);
  if (page) return page;
  return fetch(index);
}

// The page and its neighbours. The end of the file is where the host says it is.
Result<Pinned> Delegation::fetch(uint64_t index) {
  const uint64_t first = index - index % kFetch, position = first * kPageSize;
  const size_t wanted = min_of(kFetch * kPageSize, size_ - position);
  HostBuffer buffer = TRY(HostBuffer::allocate(kFetch * kPageSize));
  const uint64_t answer =
      TRY(host_call(__NR_pread64, descriptor_.number(), buffer.address(), wanted, position));
  const size_t got = boundary::check_count(answer, wanted);
  if (got < wanted) size_ = position + got;
  Pinned result;
  for (uint64_t i = 0; i < kFetch; ++i) {
    const bool asked_for = first + i == index;
    if ((i * kPageSize >= got && !asked_for) || page_cache().find(pages_, first + i)) continue;
    Result<Pinned> page = page_cache().allocate(false);
    Result<void> added = page.ok() ? ok() : page.error();
    if (added.ok()) {
      const size_t length = i * kPageSize < got ? min_of(kPageSize, got - i * kPageSize) : 0;
      buffer.read(i * kPageSize, page.value().bytes(), length);
      memset(page.value().bytes() + length, 0, kPageSize - length);
      added = page_cache().add(pages_, first + i, page.value());
    }
    if (!asked_for) continue;
    TRY(added);
    result = page.take();
  }
  return result;
}

void Delegation::note_write(uint64_t offset, size_t length, std::span<const uint8_t> bytes,
                            const Result<size_t>& count) {
  const uint64_t end = offset + (count.ok() ? count.value() : 0);
  const bool known = count.ok() && count.value() == bytes.size();
  for (uint64_t at = offset; at < offset + length;) {
    const size_t begin = at % kPageSize, part = min_of(kPageSize - begin, offset + length - at);
    if (known)
      update_page(at / kPageSize, begin, bytes.subspan(at - offset, part));
    else
      page_cache().drop(pages_, at / kPageSize);
    at += part;
  }
  size_ = max_of(size_, end);
}

// A page that is not here and not written whole is left to the next read.
void Delegation::update_page(uint64_t index, size_t begin, std::span<const uint8_t> bytes) {
  Pinned page = page_cache().find(pages_, index);
  if (!page) {
    if (bytes.size() < kPageSize) return;
    Result<Pinned> added = page_cache().allocate(false);
    if (!added.ok() || !page_cache().add(pages_, index, added.value()).ok()) return;
    page = added.take();
  }
  memcpy(page.bytes() + begin, bytes.data(), bytes.size());
}

}  // namespace scone::file
