// Reads a protection file into memory.
#pragma once

#include <optional>

#include "base/result.h"
#include "volume/encoding.h"
#include "volume/record_file.h"
#include "volume/state.h"

namespace scone::volume {

class Loader {
 public:
  explicit Loader(State& state) : state_(state) {}

  // Everything, up to the newest state. Errors as Volume::mount; reported.
  Result<void> load(bool key_given, const std::optional<Tag>& expected);

 private:
  struct Placement {
    Node* node;
    uint64_t parent;
  };

  Result<void> load_records(const std::optional<Tag>& expected);
  // EBADMSG: the record makes no sense. ENOMEM.
  Result<void> apply(const Record& record);
  Result<void> apply_entry(Decoder& decoder);
  Result<void> apply_volume(Decoder& decoder);
  Result<void> apply_region(Decoder& decoder);
  Result<void> apply_epoch(Decoder& decoder);
  Result<void> apply_ancestor(Decoder& decoder);
  Result<void> apply_node(Decoder& decoder);
  Result<void> apply_content(Decoder& decoder);
  Result<void> apply_chunks(Decoder& decoder);
  Result<void> apply_remove(Decoder& decoder);
  Result<void> apply_data(Decoder& decoder);
  Result<Node*> node_for(uint64_t id, Region& region, NodeType type);
  Result<Node*> find_file(uint64_t id);
  // Names change at the end of a record: until then two nodes may want one.
  Result<void> place_all();
  Result<void> place(const Placement& placement);
  Result<void> check_tree();
  void remove_orphans();
  Result<void> restore_data();

  State& state_;
  Array<Placement> placements_;
  Array<Node*> removed_;  // by the record that is being applied
  Array<uint64_t>
      orphans_;  // files whose removal is committed, perhaps not yet done on the host: region index, id
};

}  // namespace scone::volume
