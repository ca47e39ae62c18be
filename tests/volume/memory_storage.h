// A host in memory that loses power, reorders what was not synced, tears writes, and fails on demand.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "volume/storage.h"

namespace scone::volume::test {

using Random = std::mt19937_64;
using Contents = std::vector<uint8_t>;

enum class Operation {
  kOpen,
  kRead,
  kWrite,
  kTruncate,
  kSync,
  kUnlink,
  kRename,
  kMakeDirectory,
  kSyncDirectory
};

class MemoryStorage : public Storage {
 public:
  struct Write {
    uint64_t offset;
    Contents bytes;
    bool is_truncate;  // to `offset`
  };
  struct File {
    Contents now, durable;
    std::vector<Write> unsynced;
    bool locked = false;
  };
  using Names = std::map<std::string, std::shared_ptr<File>>;

  Result<StorageFile*> open(std::string_view path, OpenMode mode) override;
  Result<void> lock(StorageFile& file) override;
  Result<void> unlink(std::string_view path) override;
  Result<void> rename(std::string_view from, std::string_view to) override;
  Result<void> make_directory(std::string_view path) override;
  Result<void> sync_directory(std::string_view path) override;
  Result<void> sync_all(std::string_view path) override;
  Result<Space> space(std::string_view path) override;

  // Operations that change something, so far.
  uint64_t changes() const { return changes_; }
  // From now on: the power goes before the change with this number. Until then everything works; after, nothing does (EIO).
  void lose_power_at(uint64_t change) { last_change_ = change; }
  // What the disk has after the loss of power: everything synced, and of the rest whatever `random` says.
  MemoryStorage after_power_loss(Random& random) const;
  // What it has after a kill -9 at this moment: everything that was done. Locks are gone.
  MemoryStorage after_kill() const;
  MemoryStorage copy() const { return after_kill(); }

  // Non-zero: the operation fails with this errno; writes then do a part first.
  std::function<int(Operation, const std::string&)> fault;

  Names& files() { return names_; }
  uint64_t reads = 0, writes = 0, syncs = 0;

 private:
  friend class MemoryFile;
  struct NameChange {
    std::string from, to;  // from empty: made; to empty: removed
    std::shared_ptr<File> file;
  };

  Result<void> start_change(Operation operation, const std::string& path);
  Result<void> fail(Operation operation, const std::string& path);

  Names names_, durable_names_;
  std::vector<NameChange> unsynced_names_;
  std::set<std::string> directories_;  // their durability is not modelled
  uint64_t changes_ = 0;
  uint64_t last_change_ = ~uint64_t{0};
};

}  // namespace scone::volume::test
