#include "enclave/shield/memory_inode.h"

#include <asm/statfs.h>
#include <linux/magic.h>

#include <new>

#include "enclave/file/generated_file.h"
#include "enclave/sched/clock.h"

namespace scone::shield {
namespace {

constexpr size_t kFirstBuckets = 16;
constexpr size_t kLongestName = 255;

// FNV-1a.
uint64_t hash_of(std::string_view name) {
  uint64_t hash = 0xcbf29ce484222325;
  for (char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return hash;
}

template <typename Kind, typename... Arguments>
Result<Ref<Kind>> make(Arguments&&... arguments) {
  auto* object = new (std::nothrow) Kind(std::forward<Arguments>(arguments)...);
  if (!object) return Errno(ENOMEM);
  return Ref<Kind>::adopt(object);
}

}  // namespace

Result<Ref<MemoryDirectory>> MemorySystem::create(uint64_t device, const Attributes& root) {
  Ref<MemorySystem> system = TRY(make<MemorySystem>(device));
  Ref<MemoryDirectory> directory = TRY(make<MemoryDirectory>(std::move(system), root));
  directory->facts().links = 2;
  return directory;
}

Attributes MemoryFacts::attributes() {
  sched::MutexGuard guard(system_->lock());
  return attributes_;
}

Result<void> MemoryFacts::change(const file::AttributeChange& change) {
  sched::MutexGuard guard(system_->lock());
  if (change.mode) attributes_.mode = *change.mode;
  if (change.user) attributes_.user = *change.user;
  if (change.group) attributes_.group = *change.group;
  if (change.access_time) attributes_.access_time = *change.access_time;
  if (change.modification_time) attributes_.modification_time = *change.modification_time;
  attributes_.change_time = static_cast<int64_t>(sched::realtime_ns());
  return ok();
}

void MemoryFacts::touch() {
  // One aligned store each; a reader sees the one or the other time.
  const auto now = static_cast<int64_t>(sched::realtime_ns());
  __atomic_store_n(&attributes_.modification_time, now, __ATOMIC_RELAXED);
  __atomic_store_n(&attributes_.change_time, now, __ATOMIC_RELAXED);
}

template <typename Base>
Result<void> MemoryInode<Base>::statfs(struct ::statfs& result) {
  file::fill_statfs(result, TMPFS_MAGIC);
  return ok();
}

MemoryDirectory::~MemoryDirectory() {
  while (Entry* entry = entries_.pop_front()) delete entry;
  delete[] buckets_;
}

MemoryFacts& MemoryDirectory::facts_of(Inode& inode) {
  // SAFETY: all inodes of a MemorySystem are of these three classes, told apart by their kind.
  switch (inode.kind()) {
    case Kind::kDirectory:
      return static_cast<MemoryDirectory&>(inode).facts();
    case Kind::kSymlink:
      return static_cast<MemorySymlink&>(inode).facts();
    default:
      return static_cast<MemoryFile&>(inode).facts();
  }
}

MemoryDirectory::Entry* MemoryDirectory::find(std::string_view name) {
  if (bucket_count_ == 0) return nullptr;
  const uint64_t hash = hash_of(name);
  for (Entry* entry = buckets_[hash & (bucket_count_ - 1)]; entry; entry = entry->next)
    if (entry->hash == hash && entry->name.view() == name) return entry;
  return nullptr;
}

Result<void> MemoryDirectory::make_room() {
  if (count_ < bucket_count_) return ok();
  const size_t larger = bucket_count_ == 0 ? kFirstBuckets : bucket_count_ * 2;
  auto** buckets = new (std::nothrow) Entry*[larger]();
  if (!buckets) return Errno(ENOMEM);
  for (Entry& entry : entries_) {
    Entry*& head = buckets[entry.hash & (larger - 1)];
    entry.next = head;
    head = &entry;
  }
  delete[] buckets_;
  buckets_ = buckets;
  bucket_count_ = larger;
  return ok();
}

Result<MemoryDirectory::Entry*> MemoryDirectory::make_entry(std::string_view name, Ref<Inode> inode) {
  if (name.size() > kLongestName) return Errno(ENAMETOOLONG);
  TRY(make_room());
  auto* entry = new (std::nothrow) Entry;
  if (!entry) return Errno(ENOMEM);
  entry->name.append(name);
  if (!entry->name.status().ok()) {
    delete entry;
    return Errno(ENOMEM);
  }
  entry->hash = hash_of(name);
  entry->inode = std::move(inode);
  return entry;
}

void MemoryDirectory::insert(Entry& entry) {
  entry.order = ++last_order_;
  Entry*& head = buckets_[entry.hash & (bucket_count_ - 1)];
  entry.next = head;
  head = &entry;
  entries_.push_back(entry);
  ++count_;
  facts_.touch();
  if (!entry.inode->is_directory()) return;
  ++facts_.links;
  facts_of(*entry.inode).parent = this;
}

void MemoryDirectory::take_out(Entry& entry) {
  Entry** link = &buckets_[entry.hash & (bucket_count_ - 1)];
  while (*link != &entry) link = &(*link)->next;
  *link = entry.next;
  if (hint_ == &entry) hint_ = nullptr;
  entry.unlink();
  --count_;
  facts_.touch();
  if (entry.inode->is_directory()) --facts_.links;
}

// The name is gone, and with it the inode if nobody has it open.
void MemoryDirectory::forget(Entry& entry) {
  take_out(entry);
  facts_of(*entry.inode).links = 0;
  delete &entry;
}

Result<Ref<Inode>> MemoryDirectory::lookup(std::string_view name) {
  sched::MutexGuard guard(facts_.system().lock());
  Entry* entry = find(name);
  if (!entry) return Errno(ENOENT);
  return entry->inode;
}

Result<Ref<Inode>> MemoryDirectory::create(std::string_view name, Kind kind, const Attributes& attributes,
                                           std::string_view target) {
  const Ref<MemorySystem>& system = facts_.system_reference();
  Ref<Inode> inode;
  if (kind == Kind::kDirectory) {
    Ref<MemoryDirectory> made = TRY(make<MemoryDirectory>(system, attributes));
    made->facts().links = 2;
    inode = std::move(made);
  } else if (kind == Kind::kSymlink) {
    Ref<MemorySymlink> made = TRY(make<MemorySymlink>(system, attributes));
    TRY(made->set(target));
    inode = std::move(made);
  } else {
    inode = TRY(make<MemoryFile>(system, attributes, uint64_t{0}));
  }
  sched::MutexGuard guard(facts_.system().lock());
  if (facts_.links == 0) return Errno(ENOENT);
  if (find(name)) return Errno(EEXIST);
  insert(*TRY(make_entry(name, inode)));
  return inode;
}

Result<void> MemoryDirectory::remove(std::string_view name, bool directory) {
  Ref<Inode> victim;  // let go without the lock
  sched::MutexGuard guard(facts_.system().lock());
  Entry* entry = find(name);
  if (!entry) return Errno(ENOENT);
  victim = entry->inode;
  if (directory && !victim->is_directory()) return Errno(ENOTDIR);
  if (!directory && victim->is_directory()) return Errno(EISDIR);
  if (directory && static_cast<MemoryDirectory&>(*victim).count_ > 0) return Errno(ENOTEMPTY);
  forget(*entry);
  return ok();
}

Result<void> MemoryDirectory::check_replacement(Inode& moved, Inode& victim) {
  if (moved.is_directory() && !victim.is_directory()) return Errno(ENOTDIR);
  if (!moved.is_directory() && victim.is_directory()) return Errno(EISDIR);
  if (victim.is_directory() && static_cast<MemoryDirectory&>(victim).count_ > 0) return Errno(ENOTEMPTY);
  return ok();
}

Result<void> MemoryDirectory::rename(std::string_view name, Inode& to_inode, std::string_view new_name,
                                     RenameMode mode) {
  if (!to_inode.is_directory()) return Errno(ENOTDIR);
  auto& to = static_cast<MemoryDirectory&>(to_inode);
  Ref<Inode> victim;
  sched::MutexGuard guard(facts_.system().lock());
  Entry* entry = find(name);
  if (!entry) return Errno(ENOENT);
  if (to.facts_.links == 0) return Errno(ENOENT);
  for (MemoryDirectory* above = &to; above; above = above->facts_.parent)
    if (above == entry->inode.get()) return Errno(EINVAL);
  Entry* old = to.find(new_name);
  if (mode == RenameMode::kExchange) {
    if (!old) return Errno(ENOENT);
    for (MemoryDirectory* above = this; above; above = above->facts_.parent)
      if (above == old->inode.get()) return Errno(EINVAL);
    Entry* first = TRY(make_entry(name, old->inode));
    Result<Entry*> second = to.make_entry(new_name, entry->inode);
    if (!second.ok()) {
      delete first;
      return second.error();
    }
    take_out(*entry);
    delete entry;
    to.take_out(*old);
    delete old;
    insert(*first);
    to.insert(*second.value());
    return ok();
  }
  if (old == entry) return ok();
  if (old && mode == RenameMode::kNoReplace) return Errno(EEXIST);
  if (old) TRY(check_replacement(*entry->inode, *old->inode));
  Entry* moved = TRY(to.make_entry(new_name, entry->inode));
  if (old) {
    victim = old->inode;
    to.forget(*old);
  }
  take_out(*entry);
  delete entry;
  to.insert(*moved);
  return ok();
}

bool MemoryDirectory::next_entry(uint64_t after, DirectoryEntry& result) {
  sched::MutexGuard guard(facts_.system().lock());
  Entry* next = hint_ && hint_->order <= after ? hint_ : entries_.front();
  while (next && next->order <= after) next = entries_.after(*next);
  if (!next) return false;
  hint_ = next;
  result.cursor = next->order;
  result.number = next->inode->number();
  result.kind = next->inode->kind();
  result.name = {};
  result.name.append(next->name.view());
  return true;
}

}  // namespace scone::shield
