// A file, directory or symbolic link of a volume, as it is in memory.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/intrusive_list.h"
#include "volume/chunk_map.h"
#include "volume/directory.h"
#include "volume/region.h"
#include "volume/text.h"

namespace scone::volume {

class OpenFile;
struct DirtyNodes;
struct UnsyncedNodes;

enum class NodeType : uint8_t { kFile = 1, kDirectory = 2, kSymlink = 3 };

struct Attributes {
  uint16_t mode = 0;  // permission bits with set-id and sticky, 07777
  uint32_t uid = 0, gid = 0;
  int64_t atime = 0, mtime = 0, ctime = 0;  // nanoseconds since the epoch
};

// Two nodes are one file if and only if they are the same object. A Node* stays valid while the node has a name or is
// held (Volume::hold), and while the caller's lock on the volume is not given up.
// Fields are changed by Volume only.
class Node : public ListNode<DirtyNodes>, public ListNode<UnsyncedNodes> {
 public:
  uint64_t id() const { return id_; }  // st_ino; unique in the volume, never reused
  NodeType type() const { return type_; }
  bool is_directory() const { return type_ == NodeType::kDirectory; }
  const Attributes& attributes() const { return attributes_; }
  uint64_t size() const { return type_ == NodeType::kSymlink ? text_.view().size() : size_; }
  uint64_t stored_bytes() const { return uint64_t{stored_chunks_} * region_->chunk_size; }  // st_blocks * 512
  uint32_t link_count() const {  // 0 when the name is gone
    if (removed_) return 0;
    return is_directory() ? 2 + static_cast<uint32_t>(directory_.subdirectories()) : 1;
  }
  const Region& region() const { return *region_; }
  // The root is its own parent. nullptr when the name is gone.
  Node* parent() const { return parent_; }
  std::string_view name() const { return name_.view(); }
  std::string_view target() const { return text_.view(); }  // of a symbolic link
  const Directory& entries() const { return directory_; }

 private:
  friend class Volume;
  friend class Directory;
  friend class NodeTable;
  friend class Loader;
  friend class Committer;
  friend class SnapshotWriter;
  friend class EntryWriter;
  friend class FileContent;
  friend class HostFiles;

  uint64_t id_ = 0;
  Region* region_ = nullptr;
  Node* parent_ = nullptr;
  Node* next_by_id_ = nullptr;  // chain of the volume's table by id
  Text name_;
  Text
      text_;  // symbolic link: its target; file: name below the region's kernel path if it is not that of the id
  uint64_t size_ = 0;
  Attributes attributes_;
  uint64_t order_ = 0;  // position among its siblings
  uint32_t name_hash_ = 0;
  uint32_t holds_ = 0;
  uint32_t stored_chunks_ = 0;  // chunks that are no holes
  NodeType type_ = NodeType::kFile;
  bool attributes_changed_ : 1 = false;  // since the last commit
  bool content_changed_ : 1 = false;     // size or chunks
  bool committed_ : 1 = false;           // the last commit knows the node
  bool removed_ : 1 = false;             // has no name any more
  bool goes_with_names_ : 1 = false;  // renamed: its contents are committed with the next commit of any file
  bool has_host_file_ : 1 = false;
  bool needs_sync_ : 1 =
      false;  // the host file has data that was not synced; then the node keeps its OpenFile
  bool sync_failed_ : 1 = false;  // the host may have dropped such data
  Directory directory_;           // of a directory
  ChunkMap chunks_;               // of a file
  OpenFile* open_ = nullptr;      // of a file in use or with changes not committed
};

}  // namespace scone::volume
