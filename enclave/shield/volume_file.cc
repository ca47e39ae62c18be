// VolumeFile: contents of a protected volume's file, between the cache and the volume.
#include "base/min_max.h"
#include "enclave/runtime/memory.h"
#include "enclave/sched/clock.h"
#include "enclave/shield/background_sync.h"
#include "enclave/shield/volume_inode.h"

namespace scone::shield {

using sched::ExclusiveGuard;
using sched::SharedGuard;

Result<void> VolumeFile::open() {
  SharedGuard guard(mount().lock());  // against the loss of the name
  (void)TRY(require());
  opens_.fetch_add(1);
  return ok();
}

Result<void> VolumeFile::hold() {
  volume::Node& node = *TRY(require());
  if (held_.load()) return ok();
  mount().volume().hold(node);
  held_.store(true);
  return ok();
}

bool VolumeFile::release() {
  ExclusiveGuard guard(mount().lock());
  if (opens_.load() != 0 || !held_.load() || !node()) return false;
  volume::Node& node_now = *node();
  const bool named = node_now.link_count() > 0;
  if (!named) let_go();
  held_.store(false);
  // What could not be written stays in memory; the next sync tries again and tells.
  (void)mount().volume().release(node_now).ok();
  return !named;
}

void VolumeFile::close() {
  if (opens_.fetch_sub(1) != 1 || !held_.load()) return;
  sched::MutexGuard guard(content_lock());
  if (dirty_bytes() > 0 && link_count() > 0) (void)store_dirty_locked().ok();
  if (release()) drop_pages(0);
}

bool VolumeFile::keep_without_name() {
  if (opens_.load() > 0) (void)hold().ok();
  return held_.load();
}

Result<void> VolumeFile::hold_once() {
  if (held_.load()) return ok();
  ExclusiveGuard guard(mount().lock());
  return hold();
}

Result<size_t> VolumeFile::fetch(uint64_t offset, const volume::Parts& to) {
  TRY(hold_once());
  SharedGuard guard(mount().lock());
  volume::Node& node = *TRY(require());
  const size_t got = TRY(mount().volume().read(node, offset, to));
  // Behind the end that the volume knows are pages that wait, which the cache has, and what was skipped between them.
  const uint64_t known = node.size() > offset ? node.size() - offset : 0;
  if (got < min_of<uint64_t>(to.size(), known)) return got;
  to.clear_from(got);
  return to.size();
}

Result<void> VolumeFile::store(uint64_t offset, std::span<const uint8_t> from) {
  sync_soon();
  ExclusiveGuard guard(mount().lock());
  TRY(hold());
  return mount().volume().write(*node(), offset, from);
}

Result<void> VolumeFile::resize(uint64_t size) {
  sync_soon();
  if (modified_.load() != 0) modified_.store(static_cast<int64_t>(sched::realtime_ns()));
  ExclusiveGuard guard(mount().lock());
  TRY(hold());
  return mount().volume().truncate(*node(), size);
}

Result<bool> VolumeFile::may_delay(uint64_t offset, uint64_t length) {
  if (!mount().volume().is_mutable() || store_failed_.load()) return false;
  const uint64_t largest = volume::Volume::largest_size(region_);
  if (offset > largest || length > largest - offset) return Errno(EFBIG);
  TRY(hold_once());
  // In whole pages.
  return mount().has_room(region_, length + 2 * kPageSize);
}

void VolumeFile::delaying() {
  modified_.store(static_cast<int64_t>(sched::realtime_ns()));
  mount().dirty_files().add(*this);
  sync_soon();
}

Result<void> VolumeFile::store_pages(std::span<const volume::Piece> pieces) {
  ExclusiveGuard guard(mount().lock());
  if (!node()) return ok();  // nobody will ask for it
  TRY(hold());
  const int64_t modified = modified_.load();
  return mount().volume().write_back(*node(), pieces, modified ? std::optional(modified) : std::nullopt);
}

void VolumeFile::stored(bool successfully) {
  store_failed_.store(!successfully);
  if (!successfully) return;
  modified_.store(0);
  if (opens_.load() == 0) (void)release();  // what could not be stored when it was closed
}

void VolumeFile::store_all() { (void)mount().dirty_files().store().ok(); }

Attributes VolumeFile::attributes() {
  const int64_t modified = modified_.load();  // first: afterwards the node may have it already
  Attributes attributes = VolumeFacts::attributes();
  if (modified != 0) attributes.modification_time = attributes.change_time = modified;
  return attributes;
}

// As of a file whose pages got their places already.
uint64_t VolumeFile::stored_bytes() {
  const uint64_t most = (size() + kPageSize - 1) / kPageSize * kPageSize;
  return min_of(VolumeFacts::stored_bytes() + dirty_bytes(), max_of(most, VolumeFacts::stored_bytes()));
}

Result<void> VolumeFile::change(const file::AttributeChange& change) {
  sched::MutexGuard guard(content_lock());
  if (const int64_t modified = modified_.exchange(0)) {
    ExclusiveGuard volume_guard(mount().lock());
    if (volume::Node* known = node())
      TRY(mount().volume().set_times(*known, known->attributes().atime, modified));
  }
  return VolumeFacts::change(change);
}

Result<void> VolumeFile::sync() {
  TRY(store_dirty());
  return VolumeFacts::sync();
}

Result<uint64_t> VolumeFile::seek_data(uint64_t offset) {
  TRY(store_dirty());
  SharedGuard guard(mount().lock());
  return mount().volume().seek_data(*TRY(require()), offset);
}

Result<uint64_t> VolumeFile::seek_hole(uint64_t offset) {
  TRY(store_dirty());
  SharedGuard guard(mount().lock());
  return mount().volume().seek_hole(*TRY(require()), offset);
}

}  // namespace scone::shield
