#include "enclave/file/host_stat.h"

#include <asm/stat.h>
#include <asm/statfs.h>
#include <asm/unistd.h>
#include <linux/stat.h>

#include "enclave/boundary/host_call.h"
#include "enclave/file/foresight.h"
#include "enclave/file/mode.h"
#include "enclave/file/round_cache.h"

namespace scone::file {
namespace {

bool plausible_size(uint64_t size) { return static_cast<int64_t>(size) >= 0; }

// Anonymous inodes have no file type.
bool plausible_mode(unsigned mode) { return (mode & ~(kModeType | kModePermissions)) == 0; }

// dev_t as the kernel shows it in struct stat (new_encode_dev): 12 bits of major number, 20 of minor.
unsigned major_of(uint64_t device) { return static_cast<unsigned>(device >> 8) & 0xfff; }
unsigned minor_of(uint64_t device) {
  return static_cast<unsigned>(device & 0xff) | (static_cast<unsigned>(device >> 12) & 0xfff00);
}

void set_time(statx_timestamp& to, uint64_t seconds, uint64_t nanoseconds) {
  to.tv_sec = static_cast<int64_t>(seconds);
  to.tv_nsec = static_cast<uint32_t>(nanoseconds);
}

}  // namespace

static_assert(kHostStatSize == sizeof(struct ::stat) && kHostStatxSize == sizeof(struct ::statx) &&
              kHostStatfsSize == sizeof(struct ::statfs));

bool plausible(const struct ::stat& value) {
  return plausible_size(static_cast<uint64_t>(value.st_size)) &&
         plausible_size(static_cast<uint64_t>(value.st_blocks)) && value.st_blksize > 0 &&
         plausible_mode(value.st_mode);
}

bool plausible(const struct ::statx& value) {
  return plausible_size(value.stx_size) && plausible_size(value.stx_blocks) && value.stx_blksize > 0 &&
         plausible_mode(value.stx_mode);
}

void read_host_stat(const HostBuffer& buffer, struct ::stat& result) {
  buffer.read(0, &result, sizeof result);
  if (!plausible(result)) boundary::host_violation("stat: impossible attributes");
}

void note_size(const HostDescriptor& descriptor, const struct ::stat& stat) {
  if ((stat.st_mode & kModeType) == kModeRegular) descriptor.note_size(static_cast<uint64_t>(stat.st_size));
}

Result<void> host_stat(const HostDescriptor& descriptor, struct ::stat& result) {
  if (round_cache::find_stat(descriptor, result)) return ok();
  std::optional<foresight::Answer> known;
  if (foresight::is_of_use()) known = foresight::find(foresight::Inquiry::stat(descriptor.number()));
  if (known) {
    TRY(boundary::check_result(known->result));
    read_host_stat(known->bytes, result);
    round_cache::remember_stat({}, descriptor, result);
  } else {
    HostBuffer buffer = TRY(HostBuffer::allocate(kHostStatSize));
    const bool company = boundary::calls_wait_for_company();
    TRY(host_call(__NR_fstat, descriptor.number(), buffer.address()));
    read_host_stat(buffer, result);
    if (!company) round_cache::remember_stat({}, descriptor, result);
  }
  note_size(descriptor, result);
  return ok();
}

Result<uint32_t> host_mode(const HostDescriptor& descriptor) {
  struct ::stat stat;
  TRY(host_stat(descriptor, stat));
  return uint32_t{stat.st_mode};
}

void read_host_statx(const HostBuffer& buffer, struct ::statx& result) {
  buffer.read(0, &result, sizeof result);
  if (!plausible(result)) boundary::host_violation("statx: impossible attributes");
}

void read_host_statfs(const HostBuffer& buffer, struct ::statfs& result) {
  buffer.read(0, &result, sizeof result);
  if (result.f_bsize <= 0 || result.f_namelen < 0) boundary::host_violation("statfs: impossible attributes");
}

void to_statx(const struct ::stat& from, struct ::statx& to) {
  to = {};
  to.stx_mask = STATX_BASIC_STATS;
  to.stx_blksize = static_cast<uint32_t>(from.st_blksize);
  to.stx_nlink = static_cast<uint32_t>(from.st_nlink);
  to.stx_uid = from.st_uid;
  to.stx_gid = from.st_gid;
  to.stx_mode = static_cast<uint16_t>(from.st_mode);
  to.stx_ino = from.st_ino;
  to.stx_size = static_cast<uint64_t>(from.st_size);
  to.stx_blocks = static_cast<uint64_t>(from.st_blocks);
  set_time(to.stx_atime, from.st_atime, from.st_atime_nsec);
  set_time(to.stx_mtime, from.st_mtime, from.st_mtime_nsec);
  set_time(to.stx_ctime, from.st_ctime, from.st_ctime_nsec);
  to.stx_rdev_major = major_of(from.st_rdev);
  to.stx_rdev_minor = minor_of(from.st_rdev);
  to.stx_dev_major = major_of(from.st_dev);
  to.stx_dev_minor = minor_of(from.st_dev);
}

}  // namespace scone::file
