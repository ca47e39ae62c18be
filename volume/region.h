// A region: all paths below a prefix, and how they are protected.
#pragma once

#include <cstdint>
#include <string_view>

#include "volume/text.h"

namespace scone::volume {

class Node;

enum class Protection : uint8_t { kNone = 0, kAuthenticated = 1, kEncrypted = 2 };
enum class Backing : uint8_t { kKernel = 0, kEphemeral = 1 };

struct RegionOptions {
  std::string_view path;  // "/" or "." (both are the root of the description), "/data", …
  Protection protection = Protection::kEncrypted;
  Backing backing = Backing::kKernel;
  std::string_view
      kernel_path;  // where the host keeps it; relative paths start at the FSPF's directory; empty if ephemeral
  uint32_t chunk_size = 4096;  // bytes: a power of two, 512 … 1 MiB
  uint16_t key_bits = 256;     // 128 or 256
};

struct Region {
  uint32_t index = 0;
  Protection protection = Protection::kNone;
  Backing backing = Backing::kKernel;
  uint16_t key_bits = 256;
  uint32_t chunk_size = 4096;
  Text path;         // "/" or "/data": no trailing slash, no "." or ".." components
  Text kernel_path;  // as given
  Node* root =
      nullptr;  // directory tree; ephemeral: what it holds at each start; nullptr: has_tree() is false

  // The volume's own: where host files are, if not at kernel_path; and whether host names were made since they were synced.
  Text base;    // kernel_path, seen from the Storage
  Text target;  // where files are put that are being added; empty: base
  bool names_changed = false;
  bool directories_changed = false;

  std::string_view host_directory() const { return target.empty() ? base.view() : target.view(); }
  // Files are read and written through the volume.
  bool is_shielded() const { return has_tree() && backing == Backing::kKernel; }
  // The description lists its files: all but unprotected host directories.
  bool has_tree() const { return protection != Protection::kNone || backing == Backing::kEphemeral; }
};

}  // namespace scone::volume
