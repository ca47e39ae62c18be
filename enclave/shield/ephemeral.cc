#include "enclave/shield/ephemeral.h"

#include <linux/errno.h>

#include <new>

#include "base/min_max.h"

namespace scone::shield {
namespace {

constexpr size_t kPiece = 64 << 10;

// A directory whose entries are still to be copied.
struct Pending : ListNode<Pending> {
  volume::Node* from = nullptr;
  Ref<Inode> to;
};

class Copy {
 public:
  explicit Copy(volume::Volume& volume) : volume_(volume) {}
  ~Copy() {
    while (Pending* rest = pending_.pop_front()) delete rest;
    delete[] piece_;
  }

  Result<void> run(volume::Node& root, Ref<Inode> to) {
    piece_ = new (std::nothrow) uint8_t[kPiece];
    if (!piece_) return Errno(ENOMEM);
    TRY(add(root, std::move(to)));
    while (Pending* next = pending_.pop_front()) {
      Result<void> copied = copy_entries(*next->from, *next->to);
      delete next;
      TRY(copied);
    }
    return ok();
  }

 private:
  Result<void> add(volume::Node& from, Ref<Inode> to) {
    auto* pending = new (std::nothrow) Pending;
    if (!pending) return Errno(ENOMEM);
    pending->from = &from;
    pending->to = std::move(to);
    pending_.push_back(*pending);
    return ok();
  }

  Result<void> copy_entries(const volume::Node& from, Inode& to) {
    uint64_t cursor = 0;
    while (const volume::Node* entry = volume::Volume::next_entry(from, cursor, &cursor)) {
      volume::Node& node = *TRY(volume_.lookup(from, entry->name()));
      const volume::Attributes& a = node.attributes();
      const Attributes attributes{a.mode, a.uid, a.gid, a.atime, a.mtime, a.ctime};
      const bool is_link = node.type() == volume::NodeType::kSymlink;
      const Kind kind = node.is_directory() ? Kind::kDirectory : is_link ? Kind::kSymlink : Kind::kFile;
      Ref<Inode> made =
          TRY(to.create(node.name(), kind, attributes, is_link ? node.target() : std::string_view()));
      if (kind == Kind::kDirectory) TRY(add(node, made));
      if (kind == Kind::kFile) TRY(copy_contents(node, *made->regular()));
      if (kind == Kind::kFile) TRY(made->change({.modification_time = a.mtime}));
    }
    return ok();
  }

  Result<void> copy_contents(volume::Node& from, RegularInode& to) {
    if (from.size() == 0) return ok();
    volume_.hold(from);
    Result<void> copied = copy_held(from, to);
    Result<void> released = volume_.release(from);
    TRY(copied);
    return released;
  }

  Result<void> copy_held(volume::Node& from, RegularInode& to) {
    for (uint64_t offset = 0; offset < from.size();) {
      const size_t length = min_of<uint64_t>(kPiece, from.size() - offset);
      const size_t got = TRY(volume_.read(from, offset, {piece_, length}));
      if (got == 0) return Errno(EIO);
      file::IoVector data = file::IoVector::of_runtime(piece_, got);
      uint64_t end;
      TRY(to.write(offset, data, end));
      offset += got;
    }
    return ok();
  }

  volume::Volume& volume_;
  IntrusiveList<Pending> pending_;
  uint8_t* piece_ = nullptr;
};

}  // namespace

Result<Ref<Inode>> copy_to_memory(VolumeMount& mount, const volume::Region& region, uint64_t device) {
  Attributes attributes{.mode = 0755};
  if (region.root) {
    const volume::Attributes& a = region.root->attributes();
    attributes = {a.mode, a.uid, a.gid, a.atime, a.mtime, a.ctime};
  }
  Ref<Inode> root(TRY(MemorySystem::create(device, attributes)));
  if (region.root) TRY(Copy(mount.volume()).run(*region.root, root));
  return root;
}

}  // namespace scone::shield
