#include "cli/fspf_add_files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <vector>

namespace scone::cli {
namespace {

namespace fs = std::filesystem;
using volume::Node;
using volume::NodeType;

constexpr size_t kCopyAtOnce = size_t{1} << 20;

struct stat status_of(const fs::path& path) {
  struct stat status;
  if (lstat(path.c_str(), &status) != 0) fspf_failed(path.string() + ": " + strerror(errno));
  return status;
}

int64_t nanoseconds(const timespec& time) { return time.tv_sec * 1'000'000'000 + time.tv_nsec; }

class FileAdder {
 public:
  FileAdder(Description& description, const volume::Region& region, bool in_place)
      : description_(description),
        volume_(description.volume()),
        region_(region),
        in_place_(in_place),
        buffer_(kCopyAtOnce) {}

  void add_directory(const fs::path& source, Node& directory, const std::string& prefix) {
    std::vector<fs::path> entries;
    std::error_code error;
    for (fs::directory_iterator i(source, error), end; !error && i != end; i.increment(error))
      entries.push_back(i->path());
    if (error) fspf_failed(source.string() + ": " + error.message());
    std::sort(entries.begin(), entries.end());
    for (const fs::path& entry : entries) add(entry, directory, prefix);
    set_attributes(directory, status_of(source));
  }

 private:
  void add(const fs::path& source, Node& directory, const std::string& prefix) {
    std::error_code ignored;
    if (fs::equivalent(source, description_.path(), ignored)) return;
    const struct stat status = status_of(source);
    const std::string name = source.filename().string();
    if (S_ISDIR(status.st_mode)) {
      add_directory(source, directory_node(directory, name), prefix + name + "/");
    } else if (S_ISLNK(status.st_mode)) {
      remove(directory, name);
      const std::string target = fs::read_symlink(source).string();
      set_attributes(*checked(volume_.make_symlink(directory, name, target, {.mode = 0777}), source), status);
    } else if (S_ISREG(status.st_mode)) {
      remove(directory, name);
      Node& node = *checked(volume_.create_file(directory, name, {}), source);
      checked(volume_.set_host_name(node, prefix + name), source);
      if (in_place_)
        checked(volume_.adopt_plaintext(node, static_cast<uint64_t>(status.st_size)), source);
      else
        copy(source, node);
      set_attributes(node, status);
    } else {
      fprintf(stderr, "scone: %s: neither file, directory nor symbolic link: left out\n", source.c_str());
    }
  }

  template <typename T>
  T checked(Result<T> result, const fs::path& source) {
    return description_.check(std::move(result), source.string());
  }

  Node& directory_node(Node& parent, const std::string& name) {
    const auto known = volume_.lookup(parent, name);
    if (known.ok() && known.value()->is_directory()) return *known.value();
    remove(parent, name);
    return *checked(volume_.make_directory(parent, name, {.mode = 0755}), name);
  }

  void remove(Node& directory, const std::string& name) {
    const auto known = volume_.lookup(directory, name);
    if (!known.ok()) return;
    if (known.value()->is_directory())
      fspf_failed(name + " is a directory in the region and something else in the source");
    checked(volume_.unlink(directory, name), name);
    removed_ = true;
  }

  void copy(const fs::path& source, Node& node) {
    if (std::exchange(removed_, false))
      description_.commit();  // the host file goes before its successor of the same name comes
    const int descriptor = open(source.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (descriptor < 0) fspf_failed(source.string() + ": " + strerror(errno));
    volume_.hold(node);
    uint64_t offset = 0;
    ssize_t got;
    while ((got = read(descriptor, buffer_.data(), buffer_.size())) > 0) {
      checked(volume_.write(node, offset, {buffer_.data(), static_cast<size_t>(got)}), source);
      offset += static_cast<uint64_t>(got);
    }
    if (got < 0) fspf_failed(source.string() + ": " + strerror(errno));
    close(descriptor);
    checked(volume_.release(node), source);
  }

  void set_attributes(Node& node, const struct stat& status) {
    if (node.type() != NodeType::kSymlink) checked(volume_.set_mode(node, status.st_mode & 07777), "mode");
    checked(volume_.set_owner(node, status.st_uid, status.st_gid), "owner");
    checked(volume_.set_times(node, nanoseconds(status.st_atim), nanoseconds(status.st_mtim)), "times");
  }

  Description& description_;
  volume::Volume& volume_;
  const volume::Region& region_;
  const bool in_place_;
  bool removed_ = false;
  std::vector<uint8_t> buffer_;
};

}  // namespace

void add_files(Description& description, const volume::Region& region, const std::string& source,
               const std::string& target) {
  if (!region.root) fspf_failed("the region is not protected: its files are not listed");
  std::error_code error;
  if (!fs::is_directory(source, error)) fspf_failed(source + ": not a directory");
  const bool in_place = target.empty() || fs::equivalent(source, target, error);
  if (in_place && region.protection != volume::Protection::kAuthenticated)
    fspf_failed("files of an encrypted region need a target directory other than " + source);
  const std::string place = in_place ? source : target;
  fs::create_directories(place, error);
  if (error) fspf_failed(place + ": " + error.message());
  description.check(description.volume().set_target(region, place), place);
  FileAdder(description, region, in_place).add_directory(source, *region.root, "");
}

}  // namespace scone::cli
