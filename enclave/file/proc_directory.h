// Directories below /proc/self.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/ref.h"
#include "base/result.h"
#include "enclave/file/file.h"
#include "enclave/file/proc_node.h"
#include "enclave/file/text.h"
#include "enclave/sched/mutex.h"

namespace scone::file {

// A listing is made of the state at each read_directory(); positions are descriptor and thread numbers, so entries that stay are
// neither lost nor repeated while others come and go.
class ProcDirectory final : public File {
 public:
  // Precondition: node.is_directory(). ENOMEM.
  static Result<Ref<File>> open(const ProcNode& node, int flags);

  Result<size_t> read(IoVector& to, std::optional<uint64_t> offset) override;  // EISDIR
  Result<size_t> read_directory(IoVector& to) override;
  Result<uint64_t> seek(int64_t offset, int whence) override;
  Result<void> stat(struct ::stat& result) override;
  const char* name() const override { return path_.c_str(); }
  std::string_view inside_path() const override { return path_.view(); }

 private:
  struct Listing;
  ProcDirectory(const ProcNode& node, int flags);
  int64_t next_number(int64_t from) const;
  bool add_entry(Listing& listing) const;

  ProcNode node_;
  FixedText<48> path_;
  sched::Mutex lock_;
  int64_t position_ = 0;  // 0 ".", 1 "..", then numbers or rows from 2 on; guarded by lock_
};

}  // namespace scone::file
