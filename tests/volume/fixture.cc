#include "tests/volume/fixture.h"

#include <cerrno>
#include <cstring>

namespace scone::volume::test {

void make_volume(Storage& storage, Surroundings& surroundings, const RegionOptions& options) {
  ASSERT_TRUE(Volume::create(storage, surroundings, kFspf).ok());
  auto mounted = Volume::mount(storage, surroundings, {.fspf = kFspf, .is_mutable = true});
  ASSERT_TRUE(mounted.ok());
  const std::unique_ptr<Volume> volume(mounted.value());
  ASSERT_TRUE(volume->add_region(options).ok());
  ASSERT_TRUE(volume->encrypt(kKey).ok());
}

Result<std::unique_ptr<Volume>> mount(Storage& storage, Surroundings& surroundings, bool is_mutable,
                                      std::optional<Tag> expected) {
  auto mounted =
      Volume::mount(storage, surroundings,
                    {.fspf = kFspf, .key = kKey, .expected_tag = expected, .is_mutable = is_mutable});
  if (!mounted.ok()) return mounted.error();
  return std::unique_ptr<Volume>(mounted.value());
}

Result<Tree> read_tree(Volume& volume, const Node& directory, const std::string& prefix) {
  Tree tree;
  uint64_t cursor = 0;
  while (const Node* entry = Volume::next_entry(directory, cursor, &cursor)) {
    const std::string path = prefix + std::string(entry->name());
    if (entry->type() == NodeType::kSymlink) tree[path] = "->" + std::string(entry->target());
    if (entry->is_directory()) {
      tree[path] = "/";
      Tree below = TRY(read_tree(volume, *entry, path + "/"));
      tree.merge(below);
    }
    if (entry->type() == NodeType::kFile) {
      std::string contents(entry->size(), '?');
      Node& node = const_cast<Node&>(*entry);
      volume.hold(node);
      size_t done = 0;
      while (done < contents.size()) {
        const auto got = volume.read(
            node, done, {reinterpret_cast<uint8_t*>(contents.data()) + done, contents.size() - done});
        if (!got.ok()) {
          (void)volume.release(node);
          return got.error();
        }
        if (got.value() == 0) return Errno(EPROTO);  // must not happen
        done += got.value();
      }
      TRY(volume.release(node));
      tree[path] = std::move(contents);
    }
  }
  return tree;
}

std::string random_text(Random& random, size_t size) {
  std::string text(size, 0);
  for (size_t i = 0; i < size; i += 8) {
    const uint64_t bits = random();
    memcpy(text.data() + i, &bits, std::min<size_t>(8, size - i));
  }
  return text;
}

Node* find(Volume& volume, const std::string& path) {
  Node* node = volume.region(0).root;
  for (size_t begin = 0; node && begin < path.size();) {
    const size_t slash = std::min(path.find('/', begin), path.size());
    auto found = volume.lookup(*node, std::string_view(path).substr(begin, slash - begin));
    node = found.ok() ? found.value() : nullptr;
    begin = slash + 1;
  }
  return node;
}

std::string read_all(Volume& volume, Node& node) {
  std::string contents(node.size(), '?');
  const auto got = volume.read(node, 0, {reinterpret_cast<uint8_t*>(contents.data()), contents.size()});
  EXPECT_TRUE(got.ok());
  if (!got.ok()) return "<error>";
  contents.resize(got.value());
  return contents;
}

PiecesOf::PiecesOf(Random& random, std::string& contents) {
  constexpr size_t kPage = 4096;
  std::set<size_t> dirty;
  for (size_t changes = 1 + random() % 5; changes-- > 0;) {
    const size_t at = random() % 3 ? contents.size() : random() % 30000;
    const std::string text = random_text(random, 1 + random() % (random() % 3 ? 9000 : 100));
    if (contents.size() < at + text.size()) contents.resize(at + text.size());
    contents.replace(at, text.size(), text);
    for (size_t page = at / kPage; page <= (at + text.size() - 1) / kPage; ++page) dirty.insert(page);
  }
  for (const size_t page : dirty)
    pieces_.push_back(
        {page * kPage,
         bytes_of(contents).subspan(page * kPage).first(std::min(kPage, contents.size() - page * kPage))});
}

Node* write_file(Volume& volume, const std::string& path, const std::string& contents) {
  const size_t slash = path.rfind('/');
  Node* directory = find(volume, slash == std::string::npos ? "" : path.substr(0, slash));
  const std::string name = slash == std::string::npos ? path : path.substr(slash + 1);
  auto existing = volume.lookup(*directory, name);
  Node* node = existing.ok() ? existing.value() : volume.create_file(*directory, name, {.mode = 0644}).take();
  volume.hold(*node);
  EXPECT_TRUE(volume.truncate(*node, 0).ok());
  EXPECT_TRUE(volume.write(*node, 0, bytes_of(contents)).ok());
  EXPECT_TRUE(volume.release(*node).ok());
  return node;
}

}  // namespace scone::volume::test
