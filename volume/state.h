// All that a mounted volume knows. The parts that work on it: loader, committer, file_content, host_files.
#pragma once

#include <cstdint>

#include "base/array.h"
#include "base/intrusive_list.h"
#include "volume/file_keys.h"
#include "volume/node.h"
#include "volume/node_table.h"
#include "volume/record_file.h"
#include "volume/region.h"
#include "volume/storage.h"
#include "volume/surroundings.h"
#include "volume/volume.h"

namespace scone::volume {

// A chunk whose bytes came with a commit: [begin, begin + size) of State::kept_bytes.
struct KeptChunk {
  uint64_t node, chunk, counter;
  uint32_t epoch, size;
  size_t begin;
};

class Volume::State {
 public:
  State(Storage& host_storage, Surroundings& around) : storage(host_storage), surroundings(around) {}
  ~State();

  Storage& storage;
  Surroundings& surroundings;
  Text path;       // of the protection file
  Text directory;  // that it is in
  FileIdentity identity;
  RecordFile records;
  FileKeys keys;
  Array<Region*> regions;  // owned; by index
  NodeTable nodes;         // owned
  IntrusiveList<Node, DirtyNodes> dirty;
  IntrusiveList<Node, UnsyncedNodes>
      unsynced;  // clean or not: their newest bytes are safe in the journal only
  // Immutable volumes: chunks that a loss of power may have kept from their slots. Not changed after the mount.
  Array<KeptChunk> kept;
  Array<uint8_t> kept_bytes;
  Array<Tag> history;  // tags of earlier states, oldest first; the last is the current one
  uint64_t next_id = 1;
  uint64_t snapshot_size = 0;  // bytes of the protection file up to the end of the snapshot
  bool is_mutable = false;
  bool description_changed = false;  // a region or the key: only a new snapshot tells of it
  bool snapshot_wanted = false;      // the protection file on the host may be another than `records`

  // Reports and returns the error.
  Errno refuse(int error, std::string_view host_path, std::string_view reason, uint64_t position = 0);
  // EROFS unless mutable.
  Result<void> require_mutable();
  void mark_dirty(Node& node);
  // Takes the node out of memory. Precondition: nothing refers to it.
  void destroy(Node& node);
  int64_t now() { return surroundings.now(); }
};

using State = Volume::State;

// Adds a region without its root directory. Errors as Volume::add_region, but EROFS.
Result<Region*> make_region(State& state, const RegionOptions& options);

}  // namespace scone::volume
