#include "tests/volume/memory_storage.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace scone::volume::test {
namespace {

constexpr size_t kSector = 512;

std::string parent_of(const std::string& path) {
  const size_t slash = path.rfind('/');
  return slash == std::string::npos ? "" : path.substr(0, slash);
}

std::string normal(std::string_view given) {  // without "./" and "//"
  std::string path;
  size_t begin = 0;
  if (!given.empty() && given[0] == '/') path = "/";
  while (begin <= given.size()) {
    const size_t slash = std::min(given.find('/', begin), given.size());
    const auto part = given.substr(begin, slash - begin);
    begin = slash + 1;
    if (part.empty() || part == ".") continue;
    if (!path.empty() && path.back() != '/') path += '/';
    path += part;
  }
  return path;
}

void carry_out(Contents& contents, const MemoryStorage::Write& write) {
  if (write.is_truncate) {
    contents.resize(write.offset);
    return;
  }
  if (contents.size() < write.offset + write.bytes.size()) contents.resize(write.offset + write.bytes.size());
  std::copy(write.bytes.begin(), write.bytes.end(), contents.begin() + static_cast<ptrdiff_t>(write.offset));
}

// Each sector of the write arrives or not.
void carry_out_torn(Contents& contents, const MemoryStorage::Write& write, Random& random) {
  for (uint64_t begin = write.offset; begin < write.offset + write.bytes.size();) {
    const uint64_t end =
        std::min<uint64_t>((begin / kSector + 1) * kSector, write.offset + write.bytes.size());
    if (random() % 2) {
      const auto from = write.bytes.begin() + static_cast<ptrdiff_t>(begin - write.offset);
      carry_out(contents, {begin, Contents(from, from + static_cast<ptrdiff_t>(end - begin)), false});
    }
    begin = end;
  }
}

}  // namespace

class MemoryFile : public StorageFile {
 public:
  MemoryFile(MemoryStorage& storage, std::string path, std::shared_ptr<MemoryStorage::File> file)
      : storage_(storage), path_(std::move(path)), file_(std::move(file)) {}
  ~MemoryFile() override {
    if (locked) file_->locked = false;
  }

  Result<size_t> pread(uint64_t offset, MutableBytes into) override {
    TRY(storage_.fail(Operation::kRead, path_));
    ++storage_.reads;
    if (offset >= file_->now.size()) return size_t{0};
    const size_t size = std::min<size_t>(into.size(), file_->now.size() - offset);
    memcpy(into.data(), file_->now.data() + offset, size);
    return size;
  }
  Result<void> pwrite(uint64_t offset, Bytes from) override {
    const auto started = storage_.start_change(Operation::kWrite, path_);
    ++storage_.writes;
    const size_t size = started.ok() ? from.size() : started.error() == Errno(ENOSPC) ? from.size() / 2 : 0;
    if (size) record({offset, Contents(from.begin(), from.begin() + static_cast<ptrdiff_t>(size)), false});
    return started;
  }
  Result<void> truncate(uint64_t size) override {
    TRY(storage_.start_change(Operation::kTruncate, path_));
    record({size, {}, true});
    return ok();
  }
  Result<uint64_t> size() override { return uint64_t{file_->now.size()}; }
  Result<void> sync() override {
    ++storage_.syncs;
    TRY(storage_.start_change(Operation::kSync, path_));
    file_->durable = file_->now;
    file_->unsynced.clear();
    return ok();
  }

  bool locked = false;
  MemoryStorage::File& file() { return *file_; }

 private:
  void record(MemoryStorage::Write write) {
    carry_out(file_->now, write);
    file_->unsynced.push_back(std::move(write));
  }

  MemoryStorage& storage_;
  std::string path_;
  std::shared_ptr<MemoryStorage::File> file_;
};

Result<void> MemoryStorage::fail(Operation operation, const std::string& path) {
  if (changes_ >= last_change_) return Errno(EIO);
  if (const int error = fault ? fault(operation, path) : 0) return Errno(error);
  return ok();
}

Result<void> MemoryStorage::start_change(Operation operation, const std::string& path) {
  TRY(fail(operation, path));
  ++changes_;
  return ok();
}

Result<StorageFile*> MemoryStorage::open(std::string_view given, OpenMode mode) {
  const std::string path = normal(given);
  TRY(fail(Operation::kOpen, path));
  auto found = names_.find(path);
  if (mode == OpenMode::kExclusive && found != names_.end()) return Errno(EEXIST);
  if (found == names_.end()) {
    if (mode == OpenMode::kRead || mode == OpenMode::kWrite) return Errno(ENOENT);
    const std::string parent = parent_of(path);
    if (!parent.empty() && !directories_.contains(parent)) return Errno(ENOENT);
    TRY(start_change(Operation::kOpen, path));
    found = names_.emplace(path, std::make_shared<File>()).first;
    unsynced_names_.push_back({"", path, found->second});
  } else if (mode == OpenMode::kCreate) {
    MemoryFile file(*this, path, found->second);
    TRY(file.truncate(0));
  }
  return static_cast<StorageFile*>(new MemoryFile(*this, path, found->second));
}

Result<void> MemoryStorage::lock(StorageFile& file) {
  auto& mine = static_cast<MemoryFile&>(file);
  if (mine.locked) return ok();
  if (mine.file().locked) return Errno(EBUSY);
  mine.file().locked = mine.locked = true;
  return ok();
}

Result<void> MemoryStorage::unlink(std::string_view given) {
  const std::string path = normal(given);
  if (!names_.contains(path)) return Errno(ENOENT);
  TRY(start_change(Operation::kUnlink, path));
  unsynced_names_.push_back({path, "", names_[path]});
  names_.erase(path);
  return ok();
}

Result<void> MemoryStorage::rename(std::string_view given_from, std::string_view given_to) {
  const std::string from = normal(given_from), to = normal(given_to);
  if (!names_.contains(from)) return Errno(ENOENT);
  TRY(start_change(Operation::kRename, from));
  unsynced_names_.push_back({from, to, names_[from]});
  names_[to] = names_[from];
  names_.erase(from);
  return ok();
}

Result<void> MemoryStorage::make_directory(std::string_view given) {
  const std::string path = normal(given);
  if (path.empty() || directories_.contains(path)) return Errno(EEXIST);
  TRY(start_change(Operation::kMakeDirectory, path));
  directories_.insert(path);
  return ok();
}

Result<void> MemoryStorage::sync_directory(std::string_view given) {
  const std::string path = normal(given);
  TRY(start_change(Operation::kSyncDirectory, path));
  std::vector<NameChange> kept;
  for (NameChange& change : unsynced_names_) {
    if (parent_of(change.to.empty() ? change.from : change.to) != path) {
      kept.push_back(change);
      continue;
    }
    if (!change.from.empty()) durable_names_.erase(change.from);
    if (!change.to.empty()) durable_names_[change.to] = change.file;
  }
  unsynced_names_ = std::move(kept);
  return ok();
}

Result<void> MemoryStorage::sync_all(std::string_view given) {
  TRY(start_change(Operation::kSync, normal(given)));
  durable_names_ = names_;
  unsynced_names_.clear();
  for (auto& [name, file] : names_) {
    file->durable = file->now;
    file->unsynced.clear();
  }
  return ok();
}

Result<Storage::Space> MemoryStorage::space(std::string_view) {
  return Space{1 << 30, 1 << 29, 1 << 20, 1 << 19};
}

MemoryStorage MemoryStorage::after_power_loss(Random& random) const {
  Names names = durable_names_;
  for (const NameChange& change : unsynced_names_) {
    if (random() % 2) continue;
    if (!change.from.empty()) names.erase(change.from);
    if (!change.to.empty()) names[change.to] = change.file;
  }
  MemoryStorage survivor;
  survivor.directories_ = directories_;
  for (const auto& [name, file] : names) {
    auto copy = std::make_shared<File>();
    copy->now = file->durable;
    std::vector<Write> writes = file->unsynced;
    const uint64_t style = random() % 4;  // all, none, in order up to a point, anything
    if (style == 3) std::shuffle(writes.begin(), writes.end(), random);
    if (style == 1) writes.clear();
    if (style == 2) writes.resize(random() % (writes.size() + 1));
    for (size_t i = 0; i < writes.size(); ++i) {
      const bool torn = (style == 3 && random() % 2) || (style == 2 && i + 1 == writes.size());
      if (torn && !writes[i].is_truncate)
        carry_out_torn(copy->now, writes[i], random);
      else if (style != 3 || random() % 2)
        carry_out(copy->now, writes[i]);
    }
    copy->durable = copy->now;
    survivor.names_[name] = copy;
  }
  survivor.durable_names_ = survivor.names_;
  return survivor;
}

MemoryStorage MemoryStorage::after_kill() const {
  MemoryStorage survivor;
  survivor.directories_ = directories_;
  for (const auto& [name, file] : names_) {
    auto copy = std::make_shared<File>();
    copy->now = copy->durable = file->now;
    survivor.names_[name] = copy;
  }
  survivor.durable_names_ = survivor.names_;
  return survivor;
}

}  // namespace scone::volume::test
