// Nodes of the part of /proc that the enclave makes up: the process's own directory.
#pragma once

#include <cstdint>

#include "base/ref.h"
#include "base/result.h"
#include "enclave/file/file.h"
#include "enclave/file/inside_node.h"
#include "enclave/file/path_name.h"

struct stat;

namespace scone::file {

struct ProcRow;

enum class ProcNodeKind : uint8_t {
  kNone,
  kProcess,          // /proc/self, /proc/self/task/T; number: the thread
  kTasks,            // /proc/self/task
  kDescriptors,      // /proc/self/fd
  kDescriptorInfos,  // /proc/self/fdinfo
  kTable,            // a row of proc_table.h; number: the thread
  kDescriptorLink,   // /proc/self/fd/N, not followed; number: N
  kDescriptorInfo,   // /proc/self/fdinfo/N
  kOpenFile,         // /proc/self/fd/N, followed to a file that the host does not know
};

// What a path led to. Plain data with operations; not thread safe.
struct ProcNode final : InsideNode {
  ProcNodeKind kind = ProcNodeKind::kNone;
  int number = 0;
  bool of_thread = false;        // below task/
  const ProcRow* row = nullptr;  // kTable
  Ref<File> file;                // kOpenFile

  // open(2). EACCES (writing), ELOOP (O_NOFOLLOW on a link), ENOTDIR (O_DIRECTORY), ENOMEM.
  Result<Ref<File>> open(int flags, uint32_t mode) override;
  Result<void> stat(struct ::stat& result) const override;
  // EINVAL: not a link.
  Result<void> read_link(PathName& target) const override;
  // access(2) with R_OK | W_OK | X_OK. EACCES.
  Result<void> access(int mode) const override;
  Result<void> statfs(struct ::statfs& result) const override;

  bool is_directory() const override {
    return kind == ProcNodeKind::kProcess || kind == ProcNodeKind::kTasks ||
           kind == ProcNodeKind::kDescriptors || kind == ProcNodeKind::kDescriptorInfos;
  }
  bool is_link() const;
  uint32_t mode() const;
  uint64_t inode() const;
};

}  // namespace scone::file
