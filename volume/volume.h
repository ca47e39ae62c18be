// A protected volume: regions of files whose contents and names the host can neither read (encrypted) nor change unnoticed.
//
// Format and guarantees: docs/formats/fspf.md; why it is so: docs/decisions/0010-volume-format.md.
//
// Locking is the caller's. `read()` and all const members need the volume's lock shared; read() also needs the node's own lock, so
// reads of different files run concurrently. Everything else needs the volume's lock exclusively.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/result.h"
#include "volume/bytes.h"
#include "volume/node.h"
#include "volume/parts.h"
#include "volume/region.h"
#include "volume/storage.h"
#include "volume/surroundings.h"

namespace scone::volume {

struct MountOptions {
  std::string_view fspf;  // path of the protection file; relative kernel paths start at its directory
  Bytes key = {};         // 32 bytes; empty for a description that is still being prepared (not encrypted)
  std::optional<Tag> expected_tag =
      {};                   // this state or a later one; absent: any state (rollback is then not noticed)
  bool is_mutable = false;  // false: every change is refused with EROFS
};

enum class RenameMode : uint8_t { kReplace, kNoReplace, kExchange };

class Volume {
 public:
  // Errors, each reported to `surroundings` with its reason: ENOENT, EACCES (wrong key), EBADMSG (damaged, foreign, or of an
  // unknown version), ESTALE (rolled back: the expected tag is not in the history), EBUSY (mounted elsewhere), EIO, ENOMEM.
  // `storage` and `surroundings` outlive the volume, which the caller owns.
  static Result<Volume*> mount(Storage& storage, Surroundings& surroundings, const MountOptions& options);
  // Writes an empty description with no regions, not encrypted; replaces nothing (EEXIST).
  static Result<void> create(Storage& storage, Surroundings& surroundings, std::string_view fspf);
  // The tag of the newest state as the file says, without the key: nothing is verified. ENOENT, EBADMSG, EIO, ENOMEM; reported.
  static Result<Tag> last_tag(Storage& storage, Surroundings& surroundings, std::string_view fspf);
  // Changes that were not committed are dropped, as in a crash. Call sync_all() before.
  ~Volume();

  const Tag& tag() const;  // of the last commit
  bool is_mutable() const;
  bool is_sealed() const;  // encrypted under the key; false while being prepared

  // Regions. A description without the root region has no meaning to a program: the runtime refuses it.
  size_t region_count() const;
  const Region& region(size_t index) const;
  // The region with the longest path that is `path` or a parent directory of it, and what is left of the path ("" or "a/b").
  // Precondition: `path` is absolute and normalised. nullptr if there is none.
  const Region* find_region(std::string_view path, std::string_view* rest) const;
  // EEXIST, EINVAL (path, chunk size, key bits, a kernel path missing or not wanted), EROFS.
  Result<Region*> add_region(const RegionOptions& options);

  // Names. A name is 1 … 255 bytes without '/' and NUL, not "." or "..": else EINVAL, ENAMETOOLONG. Changes give EROFS on volumes
  // that are not mutable. Path walking, permissions and following of links are the caller's.
  Result<Node*> lookup(const Node& directory, std::string_view name) const;  // ENOENT, ENOTDIR
  // EEXIST, ENOTDIR, ENOENT (directory removed), ENOMEM. Times are set to now.
  Result<Node*> create_file(Node& directory, std::string_view name, const Attributes& attributes);
  Result<Node*> make_directory(Node& directory, std::string_view name, const Attributes& attributes);
  Result<Node*> make_symlink(Node& directory, std::string_view name, std::string_view target,
                             const Attributes& attributes);
  Result<void> unlink(Node& directory, std::string_view name);            // ENOENT, EISDIR
  Result<void> remove_directory(Node& directory, std::string_view name);  // ENOENT, ENOTDIR, ENOTEMPTY
  // As renameat2(2) inside one region. EXDEV between regions, EINVAL into itself, EISDIR, ENOTDIR, ENOTEMPTY, ENOENT, EEXIST.
  Result<void> rename(Node& from, std::string_view name, Node& to, std::string_view new_name,
                      RenameMode mode);
  // Hard links are refused: EPERM, as link(2) has it for file systems without them.
  Result<void> link(Node& node, Node& directory, std::string_view name);

  // One entry at a time in the order of creation: the first whose cursor is greater than `after` (0: from the start), or nullptr.
  // An entry that stays is seen exactly once, whatever is created or removed meanwhile. "." and ".." are the caller's.
  static const Node* next_entry(const Node& directory, uint64_t after, uint64_t* cursor);

  Result<void> set_mode(Node& node, uint16_t mode);
  Result<void> set_owner(Node& node, uint32_t uid, uint32_t gid);
  Result<void> set_times(Node& node, int64_t atime, int64_t mtime);

  // A held node stays usable when its name goes. release() of the last hold writes what the node has buffered to the host and closes
  // the host file; errors (ENOSPC, EIO) are those of close(2), the data stays in memory and the next sync tries again.
  void hold(Node& node);
  Result<void> release(Node& node);

  // Contents of files that are held. Fewer bytes than asked for: the file ends there, or what follows is damaged, which the
  // next read then reports. EIO: reported, and nothing could be read. What is missing is cleared in `into`.
  Result<size_t> read(Node& node, uint64_t offset, MutableBytes into);
  Result<size_t> read(Node& node, uint64_t offset, const Parts& to);  // as readv(2)
  // All or an error, after which a prefix may have been written. EFBIG, ENOSPC, EIO.
  Result<void> write(Node& node, uint64_t offset, Bytes from);
  // For a cache that kept writes back until now: the contents from some places on are these, since `modified` (absent: the file's times are right).
  // Pieces ascend and do not overlap. On error some may have been written; whoever has them tries again with all.
  Result<void> write_back(Node& node, std::span<const Piece> pieces, std::optional<int64_t> modified);
  // EFBIG for anything beyond it.
  static uint64_t largest_size(const Region& region);
  Result<void> truncate(Node& node, uint64_t size);
  // SEEK_DATA and SEEK_HOLE: the first byte at or after `offset` that is (not) in a hole. ENXIO beyond the end.
  Result<uint64_t> seek_data(const Node& node, uint64_t offset) const;
  Result<uint64_t> seek_hole(const Node& node, uint64_t offset) const;

  // When they return without error, the file's contents and all changes of names (sync), or everything (sync_all), survive a
  // loss of power, and on_new_tag() was called if there was anything to commit. On error nothing that was confirmed is lost, and a later call tries again.
  Result<void> sync(Node& node);
  Result<void> sync_all();
  // Changes are waiting for a commit.
  bool has_changes() const;

  // Seals the description under `key` (32 bytes) from now on; all is committed. For `scone fspf encrypt`.
  Result<void> encrypt(Bytes key);

  Result<Storage::Space> space(const Region& region) const;  // needs no lock
  // For `scone fspf addf`. Where host files are while it runs, instead of the region's kernel path; empty: there.
  Result<void> set_target(const Region& region, std::string_view directory);
  // The name of the host file below the kernel path, before anything is written. EINVAL.
  Result<void> set_host_name(Node& node, std::string_view name);
  // Takes over the host file that stands under the host name already as the plaintext of an empty `node` (authenticated regions only,
  // EINVAL): its first `size` bytes are read and authenticated, not copied. EIO, reported.
  Result<void> adopt_plaintext(Node& node, uint64_t size);

  class State;

 private:
  explicit Volume(State* state) : state_(state) {}
  Result<Node*> make_node(Region& region, NodeType type, const Attributes& attributes);
  Result<Node*> make_entry(Node& directory, std::string_view name, NodeType type, std::string_view text,
                           const Attributes& attributes);
  Result<void> check_new(const Node& directory, std::string_view name) const;
  Result<void> put_entry(Node& node, Node& directory, Text name);
  void remove_entry(Node& node);
  void attributes_changed(Node& node);
  void touch(Node& directory);

  State* const state_;
};

}  // namespace scone::volume
