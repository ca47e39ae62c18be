#include "enclave/file/generated_file.h"

#include <asm/stat.h>
#include <asm/statfs.h>
#include <linux/fs.h>

#include "enclave/boundary/host_state.h"
#include "enclave/file/mode.h"
#include "enclave/sched/clock.h"

namespace scone::file {
namespace {

// A device number that no real file system has: major 0 with a minor at the top of its range.
constexpr uint64_t kInsideDevice = 0xfff'000'ff;
// What is written beyond this is ignored: nothing here takes more.
constexpr size_t kLongestInput = 256;
constexpr uint64_t kNanoseconds = 1'000'000'000;

}  // namespace

void fill_stat(struct ::stat& result, uint32_t mode, uint64_t inode, uint64_t size) {
  result = {};
  result.st_dev = kInsideDevice;
  result.st_ino = inode;
  result.st_nlink = (mode & kModeType) == kModeDirectory ? 2 : 1;
  result.st_mode = mode;
  result.st_uid = static_cast<uint32_t>(boundary::start_info().euid);
  result.st_gid = static_cast<uint32_t>(boundary::start_info().egid);
  result.st_size = static_cast<int64_t>(size);
  result.st_blksize = 1024;
  // Inodes of /proc are made when somebody looks.
  const uint64_t now = sched::realtime_ns();
  result.st_atime = result.st_mtime = result.st_ctime = now / kNanoseconds;
  result.st_atime_nsec = result.st_mtime_nsec = result.st_ctime_nsec = now % kNanoseconds;
}

void fill_statfs(struct ::statfs& result, uint64_t magic) {
  result = {};
  result.f_type = static_cast<decltype(result.f_type)>(magic);
  result.f_bsize = result.f_frsize = 4096;
  result.f_namelen = 255;
}

GeneratedFile::GeneratedFile(const Origin& origin, int flags) : File(flags & ~O_CLOEXEC), origin_(origin) {
  name_.append("/proc/self/");
  name_.append(origin.name);
}

Result<size_t> GeneratedFile::read(IoVector& to, std::optional<uint64_t> offset) {
  sched::MutexGuard guard(lock_);
  if (offset) return read_at(to, *offset);
  const size_t count = TRY(read_at(to, position_));
  position_ += count;
  return count;
}

Result<size_t> GeneratedFile::read_at(IoVector& to, uint64_t offset) {
  if (offset == 0) {
    text_.clear();
    TRY(origin_.generate(text_, origin_.number));
    TRY(text_.status());
  }
  const std::string_view text = text_.view();
  if (offset >= text.size()) return size_t{0};
  return to.scatter(text.data() + offset, text.size() - offset);
}

Result<size_t> GeneratedFile::write(IoVector& from, std::optional<uint64_t>) {
  if (!origin_.accept) return Errno(EINVAL);
  char text[kLongestInput];
  const size_t wanted = from.remaining();
  const size_t size = TRY(from.gather(text, sizeof text));
  TRY(origin_.accept({text, size}, origin_.number));
  return wanted;
}

Result<uint64_t> GeneratedFile::seek(int64_t offset, int whence) {
  sched::MutexGuard guard(lock_);
  if (whence != SEEK_SET && whence != SEEK_CUR) return Errno(EINVAL);
  uint64_t position;
  if (__builtin_add_overflow(whence == SEEK_CUR ? position_ : 0, offset, &position)) return Errno(EINVAL);
  if (static_cast<int64_t>(position) < 0) return Errno(EINVAL);
  return position_ = position;
}

Result<void> GeneratedFile::stat(struct ::stat& result) {
  fill_stat(result, kModeRegular | origin_.permissions, origin_.inode, 0);
  return ok();
}

}  // namespace scone::file
