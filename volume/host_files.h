// Where the contents of nodes are on the host.
//
// A file that was added by `scone fspf addf` keeps its name below the region's kernel path. One made by a running program is called
// ".scone/<id>": names inside can then change without the host, and the host does not learn them. The place is no secret and proves
// nothing: what is found there has to verify.
#pragma once

#include "base/result.h"
#include "volume/open_file.h"
#include "volume/state.h"

namespace scone::volume {

class HostFiles {
 public:
  explicit HostFiles(State& state) : state_(state) {}

  // ENOMEM, ENAMETOOLONG.
  Result<Text> path_of(const Node& node);
  // Opens the host file of node.open_ unless it is open, making it if the node has none yet. Errors are reported; a missing file is EIO.
  Result<void> open(Node& node, bool for_writing);
  // Removes the host file, if there is one. Errors do not matter: what is left is garbage.
  void remove(const Node& node);
  // Names of new host files are safe. EIO, ….
  Result<void> sync_names();
  static Result<Text> join(std::string_view directory, std::string_view name);

 private:
  Result<StorageFile*> create(Node& node, std::string_view path);
  Result<void> make_directories(std::string_view path);

  State& state_;
};

}  // namespace scone::volume
