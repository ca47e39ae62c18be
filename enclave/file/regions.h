// Which paths are not the host's: the hook for the file-system shield (enclave/shield).
#pragma once

#include <cstdint>
#include <string_view>

#include "base/result.h"
#include "enclave/file/inside_node.h"
#include "enclave/file/path_name.h"
#include "enclave/file/text.h"

namespace scone::file {

enum class Follow : bool { kNo, kYes };  // a symbolic link in the path's last component

// The program's view of the tree of names, when it is not simply the host's. It also knows the current directory, of which the
// host knows only what lies in its own part. Thread safe.
class Regions {
 public:
  // `path` as the program gave it, relative to `directory` (nullptr: the current directory). Returns the node, the caller's to delete; or
  // nullptr: it is the host's, and `path` is what the host is to be asked, relative to the same directory unless absolute.
  // `absolute` becomes the path from the program's root.
  virtual Result<InsideNode*> find(File* directory, PathName& path, Follow follow, Text& absolute) = 0;
  // The current directory is now this one of the host's (program's path).
  virtual Result<void> entered(std::string_view absolute) = 0;
  virtual Result<void> current_directory(PathName& path) = 0;
  // umask(2), which the host applies to its own files.
  virtual void set_umask(uint32_t mask) = 0;
  // sync(2), and the end of the process: what was written is kept.
  virtual Result<void> sync_all() = 0;

 protected:
  ~Regions() = default;
};

// nullptr: all paths are the host's. Set once, before the program starts.
inline constinit Regions* regions = nullptr;

}  // namespace scone::file
