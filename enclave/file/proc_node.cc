#include "enclave/file/proc_node.h"

#include <asm/stat.h>
#include <asm/statfs.h>
#include <linux/magic.h>

#include <new>

#include "enclave/file/fd_table.h"
#include "enclave/file/generated_file.h"
#include "enclave/file/host_file.h"
#include "enclave/file/host_link.h"
#include "enclave/file/mode.h"
#include "enclave/file/proc_directory.h"
#include "enclave/file/proc_table.h"
#include "enclave/file/program_facts.h"

namespace scone::file {
namespace {

constexpr int kWriteAccess = 2;  // W_OK

Result<Ref<File>> generated(const ProcNode& node, int flags) {
  GeneratedFile::Origin origin{"fdinfo", node.number, 0, node.inode(), &generate_descriptor_info, nullptr};
  origin.permissions = static_cast<uint16_t>(node.mode() & kModePermissions);
  if (node.kind == ProcNodeKind::kTable) {
    origin.name = node.row->name;
    origin.generate = node.row->generate;
    origin.accept = node.row->accept;
  }
  auto* file = new (std::nothrow) GeneratedFile(origin, flags);
  if (!file) return Errno(ENOMEM);
  return Ref<File>::adopt(file);
}

}  // namespace

bool ProcNode::is_link() const {
  return kind == ProcNodeKind::kDescriptorLink ||
         (kind == ProcNodeKind::kTable && row->kind == ProcRowKind::kLink);
}

uint32_t ProcNode::mode() const {
  if (is_directory()) return kModeDirectory | (kind == ProcNodeKind::kDescriptors ? 0500 : 0555);
  if (is_link()) return kModeLink | 0777;
  return kModeRegular | (kind == ProcNodeKind::kTable ? row->permissions : 0400);
}

// Stable, and different for different nodes.
uint64_t ProcNode::inode() const {
  const auto row_number = row ? static_cast<uint64_t>(row - proc_rows().data()) : 0;
  return uint64_t{1} << 40 | static_cast<uint64_t>(number) << 16 | row_number << 8 |
         static_cast<uint64_t>(kind) << 1 | static_cast<uint64_t>(of_thread);
}

Result<void> ProcNode::stat(struct ::stat& result) const {
  if (kind == ProcNodeKind::kOpenFile) return file->stat(result);
  fill_stat(result, mode(), inode(), is_link() ? 64 : 0);
  return ok();
}

Result<void> ProcNode::access(int wanted) const {
  if (kind == ProcNodeKind::kOpenFile) return ok();
  const uint32_t allowed = mode() >> 6 & 7;  // the owner's: the process is its own
  return static_cast<uint32_t>(wanted) & ~allowed & 7 ? Errno(EACCES) : ok();
}

Result<void> ProcNode::read_link(PathName& target) const {
  if (!is_link()) return Errno(EINVAL);
  if (kind == ProcNodeKind::kTable) return target.set(program_path());
  Ref<File> open_file = TRY(fd_table().get(number));
  if (HostFile* host = open_file->as_host_file()) return read_descriptor_link(*host->descriptor(), target);
  return target.set(open_file->name());
}

Result<void> ProcNode::statfs(struct ::statfs& result) const {
  fill_statfs(result, PROC_SUPER_MAGIC);
  return ok();
}

Result<Ref<File>> ProcNode::open(int flags, uint32_t) {
  if (kind == ProcNodeKind::kOpenFile) return file->reopen(flags);
  if (is_link()) return Errno(ELOOP);
  if (flags & O_CREAT && flags & O_EXCL) return Errno(EEXIST);
  const bool writes = (flags & O_ACCMODE) != O_RDONLY;
  if (is_directory()) return writes ? Errno(EISDIR) : ProcDirectory::open(*this, flags);
  if (flags & O_DIRECTORY) return Errno(ENOTDIR);
  if (writes) TRY(access(kWriteAccess));
  return generated(*this, flags);
}

}  // namespace scone::file
