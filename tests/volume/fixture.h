// What the tests of volumes share: a mounted volume, and a simple model of what is in it.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "tests/volume/memory_storage.h"
#include "volume/volume.h"

namespace scone::volume::test {

class Recorder : public Surroundings {
 public:
  int64_t now() override { return time += 1000; }
  void on_new_tag(const Tag& tag) override { tags.push_back(tag); }
  void report(const Failure& failure) override {
    failures.push_back(std::string(failure.path) + ": " + std::string(failure.reason));
    errors.push_back(failure.error);
  }
  bool said(std::string_view text) const {
    for (const auto& failure : failures)
      if (failure.find(text) != std::string::npos) return true;
    return false;
  }

  int64_t time = 1'000'000'000;
  std::vector<Tag> tags;
  std::vector<std::string> failures;
  std::vector<int> errors;
};

inline const std::vector<uint8_t> kKey(32, 0x5c);
inline constexpr char kFspf[] = "volume.fspf";

// A fresh, encrypted description with one region at the root.
void make_volume(Storage& storage, Surroundings& surroundings, const RegionOptions& options);
inline RegionOptions root_region(Protection protection = Protection::kEncrypted, uint32_t chunk_size = 4096) {
  return {.path = ".", .protection = protection, .kernel_path = ".", .chunk_size = chunk_size};
}

Result<std::unique_ptr<Volume>> mount(Storage& storage, Surroundings& surroundings, bool is_mutable = true,
                                      std::optional<Tag> expected = std::nullopt);

// path → contents of a file, "->target" of a symbolic link, "/" of a directory. The error of the first file that cannot be read.
using Tree = std::map<std::string, std::string>;
Result<Tree> read_tree(Volume& volume, const Node& directory, const std::string& prefix = "");

std::string random_text(Random& random, size_t size);
inline Bytes bytes_of(const std::string& text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

// What a cache of pages hands over after some random changes of `contents`, which has them then: the pages that changed, whole up to
// the end of the file. `contents` outlives it.
class PiecesOf {
 public:
  PiecesOf(Random& random, std::string& contents);
  std::span<const Piece> all() const { return pieces_; }

 private:
  std::vector<Piece> pieces_;
};

// Paths through lookup(); the last component need not exist for parent_of.
Node* find(Volume& volume, const std::string& path);
std::string read_all(Volume& volume, Node& node);
Node* write_file(Volume& volume, const std::string& path, const std::string& contents);

}  // namespace scone::volume::test
