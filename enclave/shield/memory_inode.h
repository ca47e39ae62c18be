// Files that live in the enclave's memory only: ephemeral regions.
#pragma once

#include <atomic>
#include <cstdint>

#include "base/intrusive_list.h"
#include "enclave/sched/mutex.h"
#include "enclave/shield/inode.h"
#include "enclave/shield/regular_inode.h"

namespace scone::shield {

class MemoryDirectory;

// Common to the files of one region.
class MemorySystem : public RefCounted {
 public:
  explicit MemorySystem(uint64_t device) : device_(device) {}
  uint64_t device() const { return device_; }
  uint64_t next_number() { return last_number_.fetch_add(1) + 1; }
  // Guards all names and attributes of the region.
  sched::Mutex& lock() { return lock_; }

  static Result<Ref<MemoryDirectory>> create(uint64_t device, const Attributes& root);  // ENOMEM

 private:
  const uint64_t device_;
  std::atomic<uint64_t> last_number_{0};
  sched::Mutex lock_;
};

// What all kinds have: a number, attributes, names.
class MemoryFacts {
 public:
  MemoryFacts(Ref<MemorySystem> system, const Attributes& attributes)
      : system_(std::move(system)), number_(system_->next_number()), attributes_(attributes) {}
  MemorySystem& system() const { return *system_; }
  const Ref<MemorySystem>& system_reference() const { return system_; }
  uint64_t number() const { return number_; }
  Attributes attributes();
  Result<void> change(const file::AttributeChange& change);
  void touch();                       // modified now
  uint32_t links = 1;                 // guarded by the system's lock
  MemoryDirectory* parent = nullptr;  // of a directory; guarded by the system's lock

 private:
  const Ref<MemorySystem> system_;
  const uint64_t number_;
  Attributes attributes_;  // guarded by the system's lock
};

// The part of Inode that is the same for all.
template <typename Base>
class MemoryInode : public Base {
 public:
  template <typename... Arguments>
  MemoryInode(Ref<MemorySystem> system, const Attributes& attributes, Arguments&&... arguments)
      : Base(std::forward<Arguments>(arguments)...), facts_(std::move(system), attributes) {}
  uint64_t number() const override { return facts_.number(); }
  const void* system() const override { return &facts_.system(); }
  uint64_t device() const override { return facts_.system().device(); }
  Attributes attributes() override { return facts_.attributes(); }
  uint32_t link_count() override { return facts_.links; }
  uint64_t stored_bytes() override { return (this->size() + kPageSize - 1) / kPageSize * kPageSize; }
  Result<void> change(const file::AttributeChange& change) override { return facts_.change(change); }
  Result<void> sync() override { return ok(); }
  Result<void> statfs(struct ::statfs& result) override;
  MemoryFacts& facts() { return facts_; }

 protected:
  MemoryFacts facts_;
};

class MemoryFile final : public MemoryInode<RegularInode> {
 public:
  using MemoryInode<RegularInode>::MemoryInode;

 protected:
  bool keeps_pages() const override { return true; }
  Result<size_t> fetch(uint64_t, const volume::Parts&) override { return size_t{0}; }
  Result<void> store(uint64_t, std::span<const uint8_t>) override {
    facts_.touch();
    return ok();
  }
  Result<void> resize(uint64_t) override {
    facts_.touch();
    return ok();
  }
};

class MemorySymlink final : public MemoryInode<Inode> {
 public:
  MemorySymlink(Ref<MemorySystem> system, const Attributes& attributes)
      : MemoryInode<Inode>(std::move(system), attributes, Kind::kSymlink) {}
  Result<void> set(std::string_view target) {
    target_.append(target);
    return target_.status();
  }
  uint64_t size() override { return target_.view().size(); }
  Result<void> target(file::PathName& result) override { return result.set(target_.view()); }

 private:
  file::Text target_;
};

class MemoryDirectory final : public MemoryInode<Inode> {
 public:
  MemoryDirectory(Ref<MemorySystem> system, const Attributes& attributes)
      : MemoryInode<Inode>(std::move(system), attributes, Kind::kDirectory) {}
  ~MemoryDirectory() override;

  uint64_t size() override { return 20 * count_ + 40; }  // as tmpfs, roughly
  Result<Ref<Inode>> lookup(std::string_view name) override;
  Result<Ref<Inode>> create(std::string_view name, Kind kind, const Attributes& attributes,
                            std::string_view target) override;
  Result<void> remove(std::string_view name, bool directory) override;
  Result<void> rename(std::string_view name, Inode& to, std::string_view new_name, RenameMode mode) override;
  bool next_entry(uint64_t after, DirectoryEntry& entry) override;

 private:
  struct Entry : ListNode<Entry> {
    Entry* next = nullptr;  // in its bucket
    uint64_t order = 0;
    uint64_t hash = 0;
    Ref<Inode> inode;
    file::Text name;
  };
  // The rest: the system's lock held.
  Entry* find(std::string_view name);
  Result<Entry*> make_entry(std::string_view name, Ref<Inode> inode);
  Result<void> make_room();
  void insert(Entry& entry);
  void take_out(Entry& entry);
  static MemoryFacts& facts_of(Inode& inode);
  Result<void> check_replacement(Inode& moved, Inode& victim);
  void forget(Entry& entry);

  IntrusiveList<Entry> entries_;  // by order; owned
  Entry** buckets_ = nullptr;
  size_t bucket_count_ = 0;  // 0 or a power of two
  size_t count_ = 0;
  uint64_t last_order_ = 0;
  Entry* hint_ = nullptr;  // what next_entry() returned last
};

}  // namespace scone::shield
