// What a volume needs of the host: a few operations on named files. Nothing that comes back is trusted.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/result.h"
#include "volume/bytes.h"

namespace scone::volume {

// A part of a host file that is to be read. `got`: how many of its bytes there were; `failed`: the host refused.
struct ReadPiece {
  uint64_t offset;
  MutableBytes bytes;
  size_t got = 0;
  bool failed = false;
};

// An open host file. Deleting it closes it. Calls on different files may run concurrently, and so may pread() on one file.
class StorageFile {
 public:
  virtual ~StorageFile() = default;
  // Fills `into` from `offset`; fewer bytes only at the end of the file. Repeats short reads itself.
  virtual Result<size_t> pread(uint64_t offset, MutableBytes into) = 0;
  // All or an error (ENOSPC, EIO, …), after which any part may have been written. Repeats short writes itself.
  virtual Result<void> pwrite(uint64_t offset, Bytes from) = 0;
  // The same for many parts in as few calls as can be. By themselves they take those together that are neighbours in the file and in memory.
  virtual void pread_all(std::span<ReadPiece> pieces) { pread_neighbours(pieces); }
  virtual Result<void> pwrite_all(std::span<const Piece> pieces) { return pwrite_neighbours(pieces); }
  virtual Result<void> truncate(uint64_t size) = 0;
  virtual Result<uint64_t> size() = 0;
  // The file's contents and size survive a loss of power.
  virtual Result<void> sync() = 0;

 protected:
  void pread_neighbours(std::span<ReadPiece> pieces);
  Result<void> pwrite_neighbours(std::span<const Piece> pieces);
};

enum class OpenMode : uint8_t {
  kRead,       // ENOENT when missing
  kWrite,      // reading and writing; ENOENT when missing
  kCreate,     // reading and writing; made if missing, emptied if not
  kExclusive,  // as kCreate, but EEXIST if it is there
};

// Paths are UTF-8 or any bytes without NUL, absolute or relative to a directory that the implementation fixes.
// Thread safe. Paths are at most kMaxPath bytes.
class Storage {
 public:
  static constexpr size_t kMaxPath = 4095;

  virtual ~Storage() = default;
  // The caller owns the file. Symbolic links are followed except at the last component (ELOOP), as with O_NOFOLLOW.
  virtual Result<StorageFile*> open(std::string_view path, OpenMode mode) = 0;
  // One writer per volume among honest parties: EBUSY while another process holds it. Released when `file` is deleted.
  virtual Result<void> lock(StorageFile& file) = 0;
  virtual Result<void> unlink(std::string_view path) = 0;
  virtual Result<void> rename(std::string_view from, std::string_view to) = 0;  // replaces `to`
  virtual Result<void> make_directory(std::string_view path) = 0;               // EEXIST
  // Names made, renamed and removed in this directory survive a loss of power.
  virtual Result<void> sync_directory(std::string_view path) = 0;
  // Contents of all files under this directory survive a loss of power (syncfs).
  virtual Result<void> sync_all(std::string_view path) = 0;
  struct Space {
    uint64_t total_bytes, free_bytes;
    uint64_t total_files, free_files;
  };
  virtual Result<Space> space(std::string_view path) = 0;
};

}  // namespace scone::volume
