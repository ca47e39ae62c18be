// Writes all of a volume's metadata as a new protection file.
#pragma once

#include <string_view>

#include "base/result.h"
#include "volume/record_file.h"
#include "volume/state.h"

namespace scone::volume {

class SnapshotWriter {
 public:
  explicit SnapshotWriter(State& state) : state_(state) {}
  // Creates, fills, syncs and locks `path`. ENOSPC, EIO, ENOMEM.
  Result<void> write(std::string_view path, RecordFile* file);

 private:
  Result<void> forget_epochs();
  Result<void> write_head();
  Result<void> write_tree(Node& root);
  Result<void> write_content(const Node& node);
  Result<void> flush_if_full();

  State& state_;
  RecordFile* file_ = nullptr;
  RecordBuilder builder_;
};

}  // namespace scone::volume
