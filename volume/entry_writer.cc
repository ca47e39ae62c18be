#include "volume/entry_writer.h"

#include "volume/format.h"

namespace scone::volume {

void EntryWriter::volume(Bytes volume_key, uint64_t next_id) {
  kind(EntryKind::kVolume);
  encoder_.bytes(volume_key);
  encoder_.u64(next_id);
}

void EntryWriter::region(const Region& region) {
  kind(EntryKind::kRegion);
  encoder_.u16(static_cast<uint16_t>(region.index));
  encoder_.u8(static_cast<uint8_t>(region.protection));
  encoder_.u8(static_cast<uint8_t>(region.backing));
  encoder_.u16(region.key_bits);
  encoder_.u32(region.chunk_size);
  encoder_.text(region.path.view());
  encoder_.text(region.kernel_path.view());
}

void EntryWriter::epoch(const Epoch& epoch) {
  kind(EntryKind::kEpoch);
  encoder_.u32(epoch.number);
  encoder_.bytes(epoch.salt);
}

void EntryWriter::ancestor(const Tag& tag) {
  kind(EntryKind::kAncestor);
  encoder_.bytes(tag);
}

void EntryWriter::node(const Node& node) {
  kind(EntryKind::kNode);
  encoder_.u64(node.id_);
  encoder_.u64(node.parent_->id_);
  encoder_.u16(static_cast<uint16_t>(node.region_->index));
  encoder_.u8(static_cast<uint8_t>(node.type_));
  encoder_.u16(node.attributes_.mode);
  encoder_.u32(node.attributes_.uid);
  encoder_.u32(node.attributes_.gid);
  encoder_.i64(node.attributes_.atime);
  encoder_.i64(node.attributes_.mtime);
  encoder_.i64(node.attributes_.ctime);
  encoder_.text(node.name_.view());
  encoder_.text(node.text_.view());
}

void EntryWriter::content(const Node& node, uint64_t kept) {
  kind(EntryKind::kContent);
  encoder_.u64(node.id_);
  encoder_.u64(kept);
  encoder_.u64(node.size_);
  encoder_.i64(node.attributes_.mtime);
  encoder_.i64(node.attributes_.ctime);
}

void EntryWriter::chunks(const Node& node, uint64_t first, uint32_t count) {
  kind(EntryKind::kChunks);
  encoder_.u64(node.id_);
  encoder_.u64(first);
  encoder_.u32(count);
  for (uint64_t i = first; i < first + count; ++i) {
    const ChunkEntry& entry = *node.chunks_.find(i);
    encoder_.u32(entry.slot);
    encoder_.u32(entry.epoch);
    encoder_.u64(entry.counter);
    encoder_.bytes(entry.tag);
  }
}

void EntryWriter::data(const Node& node, uint64_t chunk, Bytes bytes) {
  kind(EntryKind::kData);
  encoder_.u64(node.id_);
  encoder_.u64(chunk);
  encoder_.u32(static_cast<uint32_t>(bytes.size()));
  encoder_.bytes(bytes);
}

void EntryWriter::remove(const Node& node) {
  kind(EntryKind::kRemove);
  encoder_.u64(node.id_);
}

}  // namespace scone::volume
