// Open descriptions of files in shielded and ephemeral regions.
#pragma once

#include <cstdint>
#include <optional>

#include "enclave/file/file.h"
#include "enclave/file/text.h"
#include "enclave/mm/backing.h"
#include "enclave/sched/mutex.h"
#include "enclave/shield/inode.h"
#include "enclave/shield/regular_inode.h"

namespace scone::shield {

// Flags that concern opening only, which F_GETFL does not show (fcntl(2)).
inline constexpr int kOpeningFlags = O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC | O_CLOEXEC;

// What all of them have in common; by itself a description that only names something (O_PATH).
class ShieldedFile : public file::File {
 public:
  // ENOMEM. `path`: from the program's root. Regular files are opened (RegularInode::open); O_TRUNC and permissions are the caller's.
  static Result<Ref<file::File>> open(Ref<Inode> inode, std::string_view path, int flags);

  Result<void> stat(struct ::stat& result) override;
  Result<void> statfs(struct ::statfs& result) override { return inode_->statfs(result); }
  Result<void> change(const file::AttributeChange& change) override;
  Result<void> sync(bool data_only) override;
  Result<Ref<file::File>> reopen(int flags) override;
  Result<void> set_flags(int flags) override;
  Result<void> enter() override;
  const char* name() const override { return path_.view().data(); }
  std::string_view program_path() const override;

  Inode& inode() const { return *inode_; }
  const Ref<Inode>& inode_reference() const { return inode_; }

 protected:
  ShieldedFile(Ref<Inode> inode, int flags) : File(flags & ~kOpeningFlags), inode_(std::move(inode)) {}

 private:
  Result<void> set_path(std::string_view path);
  const Ref<Inode> inode_;
  file::Text path_;  // with its NUL
};

// struct stat of any inode.
void fill_stat(Inode& inode, struct ::stat& result);

class ShieldedRegularFile final : public ShieldedFile {
 public:
  ShieldedRegularFile(Ref<Inode> inode, int flags) : ShieldedFile(std::move(inode), flags | O_LARGEFILE) {}
  ~ShieldedRegularFile() override;

  Result<size_t> read(file::IoVector& to, std::optional<uint64_t> offset) override;
  Result<size_t> write(file::IoVector& from, std::optional<uint64_t> offset) override;
  Result<uint64_t> seek(int64_t offset, int whence) override;
  Result<uint64_t> ioctl(uint32_t request, uint64_t argument) override;
  Result<void> truncate(uint64_t size) override { return content().truncate(size); }
  Result<void> reserve(int mode, uint64_t offset, uint64_t length) override {
    return content().reserve(mode, offset, length);
  }
  Result<Ref<mm::Backing>> backing(bool write_shared) override;
  file::FileLocks* locks() override { return &content().locks(); }
  void descriptor_closed() override { content().locks().drop_process_locks(); }

 private:
  RegularInode& content() const { return *inode().regular(); }
  Result<uint64_t> target_of(int64_t offset, int whence);
  Result<size_t> write_at(file::IoVector& from, std::optional<uint64_t> offset, uint64_t& end);

  sched::Mutex position_lock_;
  uint64_t position_ = 0;     // guarded by position_lock_
  Ref<mm::Backing> backing_;  // made by the first mapping; guarded by position_lock_
};

class ShieldedDirectory final : public ShieldedFile {
 public:
  using ShieldedFile::ShieldedFile;
  ShieldedDirectory(Ref<Inode> inode, int flags) : ShieldedFile(std::move(inode), flags) {}

  Result<size_t> read(file::IoVector&, std::optional<uint64_t>) override { return Errno(EISDIR); }
  Result<size_t> read_directory(file::IoVector& to) override;
  Result<uint64_t> seek(int64_t offset, int whence) override;
  std::string_view inside_path() const override { return program_path(); }

 private:
  sched::Mutex lock_;
  uint64_t position_ =
      0;  // 0, 1: "." and ".." are next; others: 1 + the cursor of the last entry. Guarded by lock_
};

}  // namespace scone::shield
