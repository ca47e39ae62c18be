#include "enclave/shield/host_storage.h"

#include <asm/stat.h>
#include <asm/statfs.h>
#include <asm/unistd.h>
#include <linux/errno.h>
#include <linux/fcntl.h>

#include <new>

#include "base/min_max.h"
#include "enclave/boundary/host_buffer.h"
#include "enclave/boundary/host_call.h"
#include "enclave/file/host_stat.h"
#include "enclave/file/io_vector.h"
#include "enclave/file/mode.h"
#include "enclave/file/transfer.h"
#include "enclave/process/restart.h"
#include "enclave/process/thread_list.h"
#include "enclave/sched/sched.h"

namespace scone::shield {
namespace {

using volume::Bytes;
using volume::MutableBytes;

constexpr uint64_t kLockExclusive = 2 | 4;  // LOCK_EX | LOCK_NB

Result<HostBuffer> to_host(std::string_view path) {
  HostBuffer buffer = TRY(HostBuffer::allocate(path.size() + 1));
  buffer.write(0, path.data(), path.size());
  buffer.put(path.size(), '\0');
  return buffer;
}

// The program's only thread asks, and not the runtime's own that syncs now and then.
bool nobody_else_runs() { return sched::current().tid() != 0 && process::threads().count() == 1; }

// A signal for the program does not make its file's contents less durable: again.
Result<void> sync_to_the_end(file::HostSync& sync, uint64_t call, uint64_t descriptor) {
  for (;;) {
    Result<void> result = sync.perform(call, descriptor, nobody_else_runs());
    if (result.ok() || result.error() != Errno(process::kRestartSys)) return result;
  }
}

Result<void> no_value(Result<uint64_t> result) {
  TRY(std::move(result));
  return ok();
}

// Parts of a host file that are moved together, through one buffer: those that are neighbours in the file by one call.
class Extents {
 public:
  // False: there are too many.
  bool add(uint64_t offset, size_t size) {
    if (count_ > 0 && calls_[count_ - 1].arguments[3] + calls_[count_ - 1].arguments[2] == offset) {
      calls_[count_ - 1].arguments[2] += size;
    } else {
      if (count_ == boundary::kMaxCalls) return false;
      calls_[count_++] = {0, {0, size_, size, offset}};
    }
    size_ += size;
    return true;
  }
  size_t size() const { return size_; }
  void call(uint64_t number, uint64_t file, const HostBuffer& buffer) {
    for (size_t i = 0; i < count_; ++i) {
      calls_[i].number = number;
      calls_[i].arguments[0] = file;
      calls_[i].arguments[1] += buffer.address();
    }
    boundary::host_calls({calls_, count_}, {results_, count_});
  }
  size_t count() const { return count_; }
  size_t size_of(size_t i) const { return calls_[i].arguments[2]; }
  // How many bytes were moved.
  Result<size_t> result(size_t i) const {
    return boundary::check_count(TRY(boundary::check_result(results_[i])), size_of(i));
  }

 private:
  boundary::CallArguments calls_[boundary::kMaxCalls];
  int64_t results_[boundary::kMaxCalls];
  size_t count_ = 0;
  size_t size_ = 0;
};

// The first pieces that fit into one Extents and one buffer, at least one if any does.
template <typename P>
size_t fill(Extents& extents, std::span<P> pieces) {
  size_t count = 0;
  while (count < pieces.size() && extents.size() + pieces[count].bytes.size() <= HostBuffer::kMaxSize &&
         extents.add(pieces[count].offset, pieces[count].bytes.size()))
    ++count;
  return count;
}

class HostStorageFile final : public volume::StorageFile {
 public:
  explicit HostStorageFile(HostFd fd) : fd_(std::move(fd)) {}

  Result<size_t> pread(uint64_t offset, MutableBytes into) override {
    size_t done = 0;
    while (done < into.size()) {
      file::IoVector to = file::IoVector::of_runtime(into.data() + done, into.size() - done);
      const size_t got = TRY(file::pull(to, [&](uint64_t address, size_t length, size_t before) {
        return host_call(__NR_pread64, number(), address, length, offset + done + before);
      }));
      if (got == 0) break;
      done += got;
    }
    return done;
  }
  Result<void> pwrite(uint64_t offset, Bytes from) override {
    size_t done = 0;
    while (done < from.size()) {
      // SAFETY: only read from.
      file::IoVector data =
          file::IoVector::of_runtime(const_cast<uint8_t*>(from.data()) + done, from.size() - done);
      const size_t put = TRY(file::push(data, [&](uint64_t address, size_t length, size_t before) {
        return host_call(__NR_pwrite64, number(), address, length, offset + done + before);
      }));
      if (put == 0) return Errno(EIO);
      done += put;
    }
    return ok();
  }
  void pread_all(std::span<volume::ReadPiece> pieces) override {
    while (!pieces.empty()) {
      Extents extents;
      const size_t count = fill(extents, pieces);
      Result<HostBuffer> buffer = HostBuffer::allocate(extents.size());
      if (count == 0 || !buffer.ok()) return pread_neighbours(pieces);
      extents.call(__NR_pread64, number(), buffer.value());
      take(extents, buffer.value(), pieces.first(count));
      for (volume::ReadPiece& piece : pieces.first(count))
        if (!piece.failed && piece.got < piece.bytes.size()) pread_neighbours({&piece, 1});  // until the end
      pieces = pieces.subspan(count);
    }
  }
  Result<void> pwrite_all(std::span<const volume::Piece> pieces) override {
    while (!pieces.empty()) {
      Extents extents;
      const size_t count = fill(extents, pieces);
      Result<HostBuffer> buffer = HostBuffer::allocate(extents.size());
      if (count == 0 || !buffer.ok()) return pwrite_neighbours(pieces);
      size_t done = 0;
      for (const volume::Piece& piece : pieces.first(count)) {
        buffer.value().write(done, piece.bytes.data(), piece.bytes.size());
        done += piece.bytes.size();
      }
      extents.call(__NR_pwrite64, number(), buffer.value());
      bool all = true;
      for (size_t i = 0; i < extents.count(); ++i) all = TRY(extents.result(i)) == extents.size_of(i) && all;
      if (!all) TRY(pwrite_neighbours(pieces.first(count)));  // that goes on after short writes
      pieces = pieces.subspan(count);
    }
    return ok();
  }
  Result<void> truncate(uint64_t size) override {
    return no_value(host_call(__NR_ftruncate, number(), size));
  }
  Result<uint64_t> size() override {
    HostBuffer answer = TRY(HostBuffer::allocate(file::kHostStatSize));
    TRY(host_call(__NR_fstat, number(), answer.address()));
    struct ::stat status;
    file::read_host_stat(answer, status);
    if ((status.st_mode & file::kModeType) != file::kModeRegular) return Errno(EINVAL);
    return static_cast<uint64_t>(status.st_size);
  }
  Result<void> sync() override { return sync_to_the_end(sync_, __NR_fdatasync, number()); }
  uint64_t number() const { return static_cast<uint64_t>(fd_.number()); }

 private:
  // Hands out what came. A piece lies in one extent.
  static void take(const Extents& extents, const HostBuffer& buffer, std::span<volume::ReadPiece> pieces) {
    size_t extent = 0, begin = 0, at = 0;  // the extent's place in the buffer, and the piece's
    for (volume::ReadPiece& piece : pieces) {
      if (at == begin + extents.size_of(extent)) begin += extents.size_of(extent++);
      const Result<size_t> came = extents.result(extent);
      const size_t within = at - begin;
      piece.failed = !came.ok();
      piece.got = came.ok() && came.value() > within ? min_of(came.value() - within, piece.bytes.size()) : 0;
      buffer.read(at, piece.bytes.data(), piece.got);
      at += piece.bytes.size();
    }
  }

  const HostFd fd_;
  file::HostSync sync_;
};

uint64_t flags_of(volume::OpenMode mode) {
  constexpr uint64_t kAlways =
      O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK;  // a FIFO in the file's place must not block
  switch (mode) {
    case volume::OpenMode::kRead:
      return kAlways | O_RDONLY;
    case volume::OpenMode::kWrite:
      return kAlways | O_RDWR;
    case volume::OpenMode::kCreate:
      return kAlways | O_RDWR | O_CREAT | O_TRUNC;
    case volume::OpenMode::kExclusive:
      return kAlways | O_RDWR | O_CREAT | O_EXCL;
  }
  return kAlways | O_RDONLY;
}

}  // namespace

Result<void> HostStorage::open_here() {
  HostBuffer name = TRY(to_host("."));
  here_ = TRY(HostFd::adopt(TRY(host_call(__NR_openat, static_cast<uint64_t>(AT_FDCWD), name.address(),
                                          O_PATH | O_DIRECTORY | O_CLOEXEC))));
  return ok();
}

Result<volume::StorageFile*> HostStorage::open(std::string_view path, volume::OpenMode mode) {
  HostBuffer name = TRY(to_host(path));
  HostFd fd = TRY(HostFd::adopt(TRY(host_call(__NR_openat, here(), name.address(), flags_of(mode), 0600))));
  auto* file = new (std::nothrow) HostStorageFile(std::move(fd));
  if (!file) return Errno(ENOMEM);
  return static_cast<volume::StorageFile*>(file);
}

Result<void> HostStorage::lock(volume::StorageFile& file) {
  // SAFETY: the volume has no other files than those that open() made.
  Result<uint64_t> locked =
      host_call(__NR_flock, static_cast<HostStorageFile&>(file).number(), kLockExclusive);
  if (!locked.ok() && locked.error() == Errno(EAGAIN)) return Errno(EBUSY);
  return no_value(std::move(locked));
}

Result<void> HostStorage::unlink(std::string_view path) {
  HostBuffer name = TRY(to_host(path));
  return no_value(host_call(__NR_unlinkat, here(), name.address(), 0));
}

Result<void> HostStorage::rename(std::string_view from, std::string_view to) {
  HostBuffer old_name = TRY(to_host(from));
  HostBuffer new_name = TRY(to_host(to));
  return no_value(host_call(__NR_renameat, here(), old_name.address(), here(), new_name.address()));
}

Result<void> HostStorage::make_directory(std::string_view path) {
  HostBuffer name = TRY(to_host(path));
  return no_value(host_call(__NR_mkdirat, here(), name.address(), 0700));
}

Result<HostFd> HostStorage::open_directory(std::string_view path) {
  HostBuffer name = TRY(to_host(path));
  return HostFd::adopt(
      TRY(host_call(__NR_openat, here(), name.address(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)));
}

Result<void> HostStorage::sync_directory(std::string_view path) {
  const HostFd directory = TRY(open_directory(path));
  return sync_to_the_end(directories_, __NR_fsync, static_cast<uint64_t>(directory.number()));
}

Result<void> HostStorage::sync_all(std::string_view path) {
  const HostFd directory = TRY(open_directory(path));
  return sync_to_the_end(all_, __NR_syncfs, static_cast<uint64_t>(directory.number()));
}

Result<volume::Storage::Space> HostStorage::space(std::string_view path) {
  const HostFd directory = TRY(open_directory(path));
  HostBuffer answer = TRY(HostBuffer::allocate(file::kHostStatfsSize));
  TRY(host_call(__NR_fstatfs, static_cast<uint64_t>(directory.number()), answer.address()));
  struct ::statfs status;
  file::read_host_statfs(answer, status);
  const auto unit = static_cast<uint64_t>(status.f_frsize > 0 ? status.f_frsize : status.f_bsize);
  return Space{static_cast<uint64_t>(status.f_blocks) * unit, static_cast<uint64_t>(status.f_bavail) * unit,
               static_cast<uint64_t>(status.f_files), static_cast<uint64_t>(status.f_ffree)};
}

}  // namespace scone::shield
