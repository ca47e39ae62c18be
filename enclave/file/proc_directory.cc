#include "enclave/file/proc_directory.h"

#include <asm/stat.h>
#include <linux/fs.h>

#include <new>

#include "enclave/file/dirent.h"
#include "enclave/file/fd_table.h"
#include "enclave/file/generated_file.h"
#include "enclave/file/proc_table.h"
#include "enclave/process/thread_list.h"

namespace scone::file {
namespace {

constexpr int64_t kFirstEntry = 2;
constexpr int64_t kNoMore = -1;
// A name of at most 15 characters.
constexpr size_t kLargestRecord = dirent_size(15);

// The smallest thread number that is not below `from`.
int64_t next_thread(int64_t from) {
  int64_t best = kNoMore;
  process::threads().with_list([&](process::ThreadList::List& list) {
    for (sched::Lthread& thread : list)
      if (thread.tid() >= from && (best == kNoMore || thread.tid() < best)) best = thread.tid();
  });
  return best;
}

int64_t next_row(int64_t from, bool of_thread) {
  for (auto i = static_cast<size_t>(from); i < proc_rows().size(); ++i)
    if (!of_thread || proc_rows()[i].of_threads) return static_cast<int64_t>(i);
  return kNoMore;
}

uint8_t type_of(const ProcRow& row) {
  if (row.kind == ProcRowKind::kDirectory) return kDirentDirectory;
  return row.kind == ProcRowKind::kLink ? kDirentLink : kDirentRegular;
}

}  // namespace

struct ProcDirectory::Listing {
  Text records;
  int64_t position;
};

Result<Ref<File>> ProcDirectory::open(const ProcNode& node, int flags) {
  auto* directory = new (std::nothrow) ProcDirectory(node, flags);
  if (!directory) return Errno(ENOMEM);
  return Ref<File>::adopt(directory);
}

ProcDirectory::ProcDirectory(const ProcNode& node, int flags) : File(flags & ~O_CLOEXEC), node_(node) {
  path_.append("/proc/self");
  if (node.kind == ProcNodeKind::kTasks || node.of_thread) path_.append("/task");
  if (node.of_thread) {
    path_.append("/");
    path_.append_number(static_cast<uint64_t>(node.number));
  }
  if (node.kind == ProcNodeKind::kDescriptors) path_.append("/fd");
  if (node.kind == ProcNodeKind::kDescriptorInfos) path_.append("/fdinfo");
}

Result<size_t> ProcDirectory::read(IoVector&, std::optional<uint64_t>) { return Errno(EISDIR); }

// The number of the first entry that is not below `from`, counted from 0.
int64_t ProcDirectory::next_number(int64_t from) const {
  if (node_.kind == ProcNodeKind::kTasks) return next_thread(from);
  if (node_.kind == ProcNodeKind::kProcess) return next_row(from, node_.of_thread);
  return from > INT32_MAX ? kNoMore : fd_table().next(static_cast<int>(from));
}

// Adds the entry at listing.position, or the next one there is, and moves behind it. False at the end.
bool ProcDirectory::add_entry(Listing& listing) const {
  if (listing.position < kFirstEntry) {
    const std::string_view name = listing.position == 0 ? "." : "..";
    append_dirent(listing.records, node_.inode(), ++listing.position, kDirentDirectory, name);
    return true;
  }
  const int64_t number = next_number(listing.position - kFirstEntry);
  if (number == kNoMore) return false;
  listing.position = number + 1 + kFirstEntry;
  const auto inode = static_cast<uint64_t>(number) + 1;
  if (node_.kind == ProcNodeKind::kProcess) {
    const ProcRow& row = proc_rows()[static_cast<size_t>(number)];
    append_dirent(listing.records, inode, listing.position, type_of(row), row.name);
    return true;
  }
  FixedText<24> name;
  name.append_number(static_cast<uint64_t>(number));
  const uint8_t type = node_.kind == ProcNodeKind::kTasks         ? kDirentDirectory
                       : node_.kind == ProcNodeKind::kDescriptors ? kDirentLink
                                                                  : kDirentRegular;
  append_dirent(listing.records, inode, listing.position, type, name.view());
  return true;
}

Result<size_t> ProcDirectory::read_directory(IoVector& to) {
  sched::MutexGuard guard(lock_);
  Listing listing{.records = {}, .position = position_};
  if (to.remaining() < kLargestRecord) return Errno(EINVAL);
  while (listing.records.view().size() + kLargestRecord <= to.remaining())
    if (!add_entry(listing)) break;
  TRY(listing.records.status());
  const std::string_view records = listing.records.view();
  const size_t count = TRY(to.scatter(records.data(), records.size()));
  position_ = listing.position;
  return count;
}

Result<uint64_t> ProcDirectory::seek(int64_t offset, int whence) {
  sched::MutexGuard guard(lock_);
  if (whence != SEEK_SET && whence != SEEK_CUR) return Errno(EINVAL);
  int64_t position;
  if (__builtin_add_overflow(whence == SEEK_CUR ? position_ : 0, offset, &position) || position < 0)
    return Errno(EINVAL);
  position_ = position;
  return static_cast<uint64_t>(position);
}

Result<void> ProcDirectory::stat(struct ::stat& result) { return node_.stat(result); }

}  // namespace scone::file
