// Writes the entries of records: docs/formats/fspf.md has their layout, loader.cc reads them.
#pragma once

#include <cstdint>

#include "volume/encoding.h"
#include "volume/file_keys.h"
#include "volume/node.h"
#include "volume/region.h"

namespace scone::volume {

class EntryWriter {
 public:
  explicit EntryWriter(Encoder& encoder) : encoder_(encoder) {}

  void volume(Bytes volume_key, uint64_t next_id);
  void region(const Region& region);
  void epoch(const Epoch& epoch);
  void ancestor(const Tag& tag);
  void node(const Node& node);
  // `kept` chunks of what earlier records said stay, until others come.
  void content(const Node& node, uint64_t kept);
  // Precondition: none of the chunks [first, first + count) is a hole.
  void chunks(const Node& node, uint64_t first, uint32_t count);
  // The bytes of a chunk as they are in its slot.
  void data(const Node& node, uint64_t chunk, Bytes bytes);
  void remove(const Node& node);

 private:
  void kind(EntryKind kind) { encoder_.u8(static_cast<uint8_t>(kind)); }

  Encoder& encoder_;
};

}  // namespace scone::volume
