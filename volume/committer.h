// Makes changes last: data first, then one record, or a new snapshot, that tells of all of them or of none.
#pragma once

#include "base/result.h"
#include "volume/host_files.h"
#include "volume/record_file.h"
#include "volume/state.h"

namespace scone::volume {

class Committer {
 public:
  explicit Committer(State& state) : state_(state), host_files_(state) {}

  // All changes of names and attributes, and the contents of `only`, or of all files if that is nullptr.
  Result<void> commit(const Node* only);
  // All changes, as a snapshot.
  Result<void> commit_snapshot();

 private:
  bool takes(const Node& node, const Node* only) const;
  bool journal_is_large() const;
  Result<void> flush(const Node* only);
  bool fits_into_journal(const Node* only) const;
  Result<void> make_contents_safe(const Node* only);
  Result<void> sync_left_over();
  Result<void> append_record(const Node* only, bool with_data);
  Result<void> encode_changes(RecordBuilder& builder, const Node* only, bool with_data);
  void encode_content(RecordBuilder& builder, Node& node);
  Result<void> encode_data(RecordBuilder& builder, Node& node);
  Result<void> replace_file(RecordFile& fresh, std::string_view fresh_path);
  void pin(Node& node);
  void succeeded(const Node* only);
  void content_succeeded(Node& node);
  Result<void> remember_unsynced(Node& node);
  void forget_history();
  void told();

  State& state_;
  HostFiles host_files_;
};

}  // namespace scone::volume
