#include "volume/host_files.h"

namespace scone::volume {
namespace {

constexpr std::string_view kContainerDirectory = ".scone";

std::array<char, 16> hexadecimal(uint64_t number) {
  std::array<char, 16> digits;
  for (size_t i = 0; i < 16; ++i) digits[i] = "0123456789abcdef"[number >> (60 - 4 * i) & 15];
  return digits;
}

}  // namespace

Result<Text> HostFiles::join(std::string_view directory, std::string_view name) {
  if (directory.empty()) return Text::copy_of(name);
  if (directory.size() + 1 + name.size() > Storage::kMaxPath) return Errno(ENAMETOOLONG);
  Array<char> joined;
  TRY(joined.append({directory.data(), directory.size()}));
  if (directory.back() != '/' && !name.empty()) TRY(joined.push('/'));
  TRY(joined.append({name.data(), name.size()}));
  return Text::copy_of({joined.begin(), joined.size()});
}

Result<Text> HostFiles::path_of(const Node& node) {
  const std::string_view base = node.region_->host_directory();
  if (node.type_ == NodeType::kFile && !node.text_.empty()) return join(base, node.text_.view());
  const auto digits = hexadecimal(node.id_);
  const Text containers = TRY(join(base, kContainerDirectory));
  return join(containers.view(), {digits.data(), digits.size()});
}

Result<void> HostFiles::make_directories(std::string_view path) {
  for (size_t slash = path.find('/', 1); slash != path.npos; slash = path.find('/', slash + 1)) {
    const auto made = state_.storage.make_directory(path.substr(0, slash));
    if (!made.ok() && made.error() != Errno(EEXIST)) return made.error();
  }
  return ok();
}

Result<StorageFile*> HostFiles::create(Node& node, std::string_view path) {
  auto file = state_.storage.open(path, OpenMode::kCreate);
  if (!file.ok() && file.error() == Errno(ENOENT)) {
    TRY(make_directories(path));
    node.region_->directories_changed = true;
    file = state_.storage.open(path, OpenMode::kCreate);
  }
  if (!file.ok()) return file.error();
  node.region_->names_changed = true;
  if (!node.text_.empty()) node.region_->directories_changed = true;
  node.has_host_file_ = true;
  return file.take();
}

Result<void> HostFiles::open(Node& node, bool for_writing) {
  OpenFile& open = *node.open_;
  if (open.host && (open.host_is_writable || !for_writing)) return ok();
  const Text path = TRY(path_of(node));
  auto file = for_writing && !node.has_host_file_
                  ? create(node, path.view())
                  : state_.storage.open(path.view(), for_writing ? OpenMode::kWrite : OpenMode::kRead);
  if (!file.ok() && file.error() == Errno(ENOENT))
    return state_.refuse(EIO, path.view(), "host file is missing: removed or renamed");
  if (!file.ok() && file.error() == Errno(ELOOP))
    return state_.refuse(EIO, path.view(), "host file is a symbolic link");
  if (!file.ok()) return state_.refuse(file.error().code(), path.view(), "host file cannot be opened");
  delete open.host;
  open.host = file.take();
  open.host_is_writable = for_writing;
  return ok();
}

void HostFiles::remove(const Node& node) {
  if (node.type_ != NodeType::kFile || !(node.has_host_file_ || node.committed_)) return;
  const auto path = path_of(node);
  if (path.ok()) (void)state_.storage.unlink(path.value().view());
}

Result<void> HostFiles::sync_names() {
  for (Region* region : state_.regions) {
    if (!region->names_changed) continue;
    const std::string_view base = region->host_directory();
    if (region->directories_changed) {
      TRY(state_.storage.sync_all(base));
    } else {
      const Text containers = TRY(join(base, kContainerDirectory));
      const auto synced = state_.storage.sync_directory(containers.view());
      if (!synced.ok()) TRY(state_.storage.sync_all(base));
    }
    region->names_changed = region->directories_changed = false;
  }
  return ok();
}

}  // namespace scone::volume
