// What a volume does when nobody attacks it and nothing fails, against a plain model.
#include "volume/volume.h"

#include <cerrno>

#include "tests/volume/fixture.h"

namespace scone::volume::test {
namespace {

class VolumeTest : public ::testing::TestWithParam<RegionOptions> {
 protected:
  void SetUp() override {
    make_volume(storage_, around_, GetParam());
    remount();
  }
  void remount() {
    volume_.reset();
    auto mounted = mount(storage_, around_);
    ASSERT_TRUE(mounted.ok());
    volume_ = mounted.take();
  }
  Node& root() { return *volume_->region(0).root; }
  Tree tree() { return read_tree(*volume_, root()).take(); }

  MemoryStorage storage_;
  Recorder around_;
  std::unique_ptr<Volume> volume_;
};

TEST_P(VolumeTest, WhatWasSyncedIsThereAfterARemount) {
  ASSERT_TRUE(volume_->make_directory(root(), "d", {.mode = 0750, .uid = 5, .gid = 6}).ok());
  write_file(*volume_, "d/file", "contents");
  write_file(*volume_, "empty", "");
  ASSERT_TRUE(volume_->make_symlink(root(), "link", "d/file", {.mode = 0777}).ok());
  const Tree before = tree();
  ASSERT_TRUE(volume_->sync_all().ok());
  EXPECT_FALSE(volume_->has_changes());
  remount();
  EXPECT_EQ(tree(), before);
  EXPECT_EQ(find(*volume_, "d")->attributes().mode, 0750);
  EXPECT_EQ(find(*volume_, "d")->attributes().uid, 5u);
  EXPECT_EQ(find(*volume_, "d")->link_count(), 2u);
  EXPECT_EQ(find(*volume_, "link")->size(), 6u);
  EXPECT_EQ(volume_->tag(), around_.tags.back());
}

TEST_P(VolumeTest, RandomReadsWritesAndTruncationsEqualAPlainFile) {
  Random random(7);
  for (int round = 0; round < 8; ++round) {
    std::string model;
    Node* node = write_file(*volume_, "f" + std::to_string(round), "");
    volume_->hold(*node);
    for (int step = 0; step < 300; ++step) {
      const uint64_t offset = random() % 60000;
      const size_t size = random() % 3 ? random() % 9000 : random() % 50;
      switch (random() % 8) {
        case 0: {
          const uint64_t length = random() % 3 ? random() % 60000 : 0;
          ASSERT_TRUE(volume_->truncate(*node, length).ok());
          model.resize(length);
          break;
        }
        case 1:
          ASSERT_TRUE((random() % 2 ? volume_->sync(*node) : volume_->sync_all()).ok());
          break;
        case 2: {
          ASSERT_TRUE(volume_->release(*node).ok());
          if (random() % 4 == 0) {
            ASSERT_TRUE(volume_->sync_all().ok());
            remount();
            node = find(*volume_, "f" + std::to_string(round));
          }
          volume_->hold(*node);
          break;
        }
        case 3:
        case 4: {
          const std::string text = random_text(random, size);
          const uint64_t at = random() % 4 ? offset : model.size();
          ASSERT_TRUE(volume_->write(*node, at, bytes_of(text)).ok()) << around_.failures.back() << step;
          if (at + size > model.size() && size) model.resize(at + size);
          model.replace(size ? at : 0, size, text);
          break;
        }
        case 5: {
          std::string changed = model;
          const PiecesOf pieces(random, changed);
          ASSERT_TRUE(volume_->write_back(*node, pieces.all(), 12345).ok())
              << around_.failures.back() << step;
          ASSERT_EQ(node->attributes().mtime, 12345);
          model = std::move(changed);
          break;
        }
        default: {
          std::string got(size, '?');
          const auto count = volume_->read(*node, offset, {reinterpret_cast<uint8_t*>(got.data()), size});
          ASSERT_TRUE(count.ok());
          got.resize(count.value());
          ASSERT_EQ(got, offset < model.size() ? model.substr(offset, size) : "") << "step " << step;
        }
      }
      ASSERT_EQ(node->size(), model.size());
    }
    ASSERT_EQ(read_all(*volume_, *node), model);
    ASSERT_TRUE(volume_->release(*node).ok());
  }
}

TEST_P(VolumeTest, AnUnlinkedFileStaysReadableWhileItIsHeld) {
  Node* node = write_file(*volume_, "f", "still here");
  ASSERT_TRUE(volume_->sync_all().ok());
  volume_->hold(*node);
  const size_t files = storage_.files().size();
  ASSERT_TRUE(volume_->unlink(root(), "f").ok());
  ASSERT_TRUE(volume_->sync_all().ok());
  EXPECT_EQ(node->link_count(), 0u);
  EXPECT_EQ(read_all(*volume_, *node), "still here");
  ASSERT_TRUE(volume_->write(*node, 6, bytes_of("HERE")).ok());
  EXPECT_EQ(read_all(*volume_, *node), "still HERE");
  EXPECT_EQ(storage_.files().size(), files);
  ASSERT_TRUE(volume_->release(*node).ok());
  EXPECT_EQ(storage_.files().size(), files - 1) << "the host file is gone with the last hold";
  EXPECT_EQ(tree(), Tree());
}

TEST_P(VolumeTest, RenameAsRenameat2HasIt) {
  auto directory = [&](const std::string& name) {
    return volume_->make_directory(root(), name, {.mode = 0755}).take();
  };
  Node *a = directory("a"), *b = directory("b");
  Node* below = volume_->make_directory(*a, "below", {.mode = 0755}).take();
  write_file(*volume_, "one", "1");
  write_file(*volume_, "two", "2");
  auto rename = [&](Node& from, std::string_view name, Node& to, std::string_view target,
                    RenameMode mode = RenameMode::kReplace) {
    const auto result = volume_->rename(from, name, to, target, mode);
    return result.ok() ? 0 : result.error().code();
  };
  EXPECT_EQ(rename(root(), "none", root(), "x"), ENOENT);
  EXPECT_EQ(rename(root(), "a", *below, "x"), EINVAL);
  EXPECT_EQ(rename(root(), "a", *a, "x"), EINVAL);
  EXPECT_EQ(rename(root(), "one", root(), "a"), EISDIR);
  EXPECT_EQ(rename(root(), "a", root(), "one"), ENOTDIR);
  EXPECT_EQ(rename(root(), "b", root(), "a"), ENOTEMPTY);
  EXPECT_EQ(rename(root(), "one", root(), "two", RenameMode::kNoReplace), EEXIST);
  EXPECT_EQ(rename(root(), "one", root(), "none", RenameMode::kExchange), ENOENT);
  EXPECT_EQ(rename(root(), "one", root(), "one"), 0);
  EXPECT_EQ(rename(root(), "one", root(), "two", RenameMode::kExchange), 0);
  EXPECT_EQ(read_all(*volume_, *find(*volume_, "one")), "2");
  EXPECT_EQ(rename(root(), "one", *b, "three"), 0);
  EXPECT_EQ(rename(root(), "two", *b, "three"), 0);
  EXPECT_EQ(rename(root(), "a", *b, "moved"), 0);
  const Tree expected = {{"b", "/"}, {"b/moved", "/"}, {"b/moved/below", "/"}, {"b/three", "1"}};
  EXPECT_EQ(tree(), expected);
  ASSERT_TRUE(volume_->sync_all().ok());
  remount();
  EXPECT_EQ(tree(), expected);
}

TEST_P(VolumeTest, NamesAreChecked) {
  const std::string long_name(256, 'x');
  for (const auto& [name, error] : std::map<std::string, int>{{"", EINVAL},
                                                              {".", EINVAL},
                                                              {"..", EINVAL},
                                                              {"a/b", EINVAL},
                                                              {std::string("a\0b", 3), EINVAL},
                                                              {long_name, ENAMETOOLONG}}) {
    const auto made = volume_->create_file(root(), name, {});
    ASSERT_FALSE(made.ok());
    EXPECT_EQ(made.error(), Errno(error)) << name;
  }
  Node* file = write_file(*volume_, std::string(255, 'x'), "");
  EXPECT_EQ(volume_->create_file(root(), std::string(255, 'x'), {}).error(), Errno(EEXIST));
  EXPECT_EQ(volume_->create_file(*file, "below", {}).error(), Errno(ENOTDIR));
  EXPECT_EQ(volume_->link(*file, root(), "hard").error(), Errno(EPERM));
  EXPECT_EQ(volume_->remove_directory(root(), std::string(255, 'x')).error(), Errno(ENOTDIR));
}

TEST_P(VolumeTest, ListingShowsWhatStaysExactlyOnceWhateverHappensMeanwhile) {
  for (int i = 0; i < 500; ++i) write_file(*volume_, std::to_string(i), "");
  std::map<std::string, int> seen;
  uint64_t cursor = 0;
  int step = 0;
  while (const Node* entry = Volume::next_entry(root(), cursor, &cursor)) {
    const std::string name(entry->name());
    ++seen[name];
    if (std::stoi(name) % 2) {
      ASSERT_TRUE(volume_->unlink(root(), name).ok());
    }
    if (step++ < 100) write_file(*volume_, std::to_string(1000 + step), "");
  }
  for (int i = 0; i < 500; ++i) EXPECT_EQ(seen[std::to_string(i)], 1) << i;
}

TEST_P(VolumeTest, SparseFilesBeyond4GiB) {
  Node* node = write_file(*volume_, "big", "start");
  volume_->hold(*node);
  const uint64_t far = (uint64_t{5} << 30) + 123;
  ASSERT_TRUE(volume_->write(*node, far, bytes_of("end")).ok());
  EXPECT_EQ(node->size(), far + 3);
  ASSERT_TRUE(volume_->sync_all().ok());
  ASSERT_TRUE(volume_->release(*node).ok());
  remount();
  node = find(*volume_, "big");
  volume_->hold(*node);
  std::string got(10, '?');
  ASSERT_EQ(volume_->read(*node, far - 7, {reinterpret_cast<uint8_t*>(got.data()), 10}).take(), 10u);
  EXPECT_EQ(got, std::string(7, '\0') + "end");
  EXPECT_EQ(node->stored_bytes(), 2 * GetParam().chunk_size);
  EXPECT_EQ(volume_->seek_data(*node, 0).take(), 0u);
  EXPECT_EQ(volume_->seek_hole(*node, 0).take(), GetParam().chunk_size);
  EXPECT_EQ(volume_->seek_data(*node, GetParam().chunk_size).take(),
            far / GetParam().chunk_size * GetParam().chunk_size);
  EXPECT_EQ(volume_->seek_hole(*node, far).take(), far + 3);
  EXPECT_EQ(volume_->seek_data(*node, far + 3).error(), Errno(ENXIO));
  ASSERT_TRUE(volume_->truncate(*node, 3).ok());
  EXPECT_EQ(read_all(*volume_, *node), "sta");
  EXPECT_EQ(volume_->write(*node, ~uint64_t{0} - 1, bytes_of("far")).error(), Errno(EFBIG));
  ASSERT_TRUE(volume_->release(*node).ok());
}

TEST_P(VolumeTest, AnImmutableVolumeRefusesEveryChange) {
  write_file(*volume_, "f", "x");
  ASSERT_TRUE(volume_->sync_all().ok());
  volume_.reset();
  volume_ = mount(storage_, around_, false).take();
  const uint64_t changes = storage_.changes();
  Node& file = *find(*volume_, "f");
  const Errno refused(EROFS);
  EXPECT_EQ(volume_->write(file, 0, bytes_of("y")).error(), refused);
  EXPECT_EQ(volume_->truncate(file, 0).error(), refused);
  EXPECT_EQ(volume_->create_file(root(), "g", {}).error(), refused);
  EXPECT_EQ(volume_->make_directory(root(), "g", {}).error(), refused);
  EXPECT_EQ(volume_->make_symlink(root(), "g", "f", {}).error(), refused);
  EXPECT_EQ(volume_->unlink(root(), "f").error(), refused);
  EXPECT_EQ(volume_->remove_directory(root(), "f").error(), refused);
  EXPECT_EQ(volume_->rename(root(), "f", root(), "g", RenameMode::kReplace).error(), refused);
  EXPECT_EQ(volume_->link(file, root(), "g").error(), refused);
  EXPECT_EQ(volume_->set_mode(file, 0).error(), refused);
  EXPECT_EQ(volume_->set_owner(file, 0, 0).error(), refused);
  EXPECT_EQ(volume_->set_times(file, 0, 0).error(), refused);
  EXPECT_EQ(volume_->add_region({.path = "/x", .kernel_path = "x"}).error(), refused);
  EXPECT_EQ(volume_->encrypt(kKey).error(), refused);
  EXPECT_TRUE(volume_->sync_all().ok());
  EXPECT_EQ(storage_.changes(), changes);
}

TEST_P(VolumeTest, TheJournalIsCompactedAndItsStatesStayKnown) {
  Node* node = write_file(*volume_, "f", "");
  volume_->hold(*node);
  size_t largest = 0;
  for (int i = 0; i < 6000; ++i) {
    ASSERT_TRUE(volume_->write(*node, static_cast<uint64_t>(i % 7) * 5000, bytes_of(std::to_string(i))).ok());
    ASSERT_TRUE(volume_->sync(*node).ok());
    largest = std::max(largest, storage_.files()[kFspf]->now.size());
  }
  ASSERT_TRUE(volume_->release(*node).ok());
  EXPECT_LT(largest, size_t{5} << 20);
  const Tree before = tree();
  volume_.reset();
  for (const Tag& expected : {around_.tags[1], around_.tags.back(), around_.tags[around_.tags.size() - 2]}) {
    auto again = mount(storage_, around_, true, expected);
    ASSERT_TRUE(again.ok());
    volume_ = again.take();
    EXPECT_EQ(tree(), before);
    volume_.reset();
  }
}

TEST_P(VolumeTest, AWriteBackThatFailedIsTriedAgain) {
  Random random(11);
  for (int round = 0; round < 40; ++round) {
    const std::string name = "f" + std::to_string(round);
    std::string contents = random_text(random, random() % 30000);
    Node* node = write_file(*volume_, name, contents);
    ASSERT_TRUE(volume_->sync_all().ok());
    const std::string confirmed = contents;
    volume_->hold(*node);
    const PiecesOf pieces(random, contents);
    int writes = static_cast<int>(random() % 3);
    storage_.fault = [&](Operation operation, const std::string&) {
      return operation == Operation::kWrite && writes-- <= 0 ? ENOSPC : 0;
    };
    const bool written = volume_->write_back(*node, pieces.all(), 5).ok();
    storage_.fault = nullptr;
    if (round % 4 == 0 && !written) {  // what was confirmed is there if nobody tries again
      ASSERT_TRUE(volume_->release(*node).ok());
      remount();
      ASSERT_EQ(read_all(*volume_, *find(*volume_, name)), confirmed);
      continue;
    }
    ASSERT_TRUE(volume_->write_back(*node, pieces.all(), 5).ok());
    ASSERT_EQ(read_all(*volume_, *node), contents);
    ASSERT_TRUE(volume_->sync(*node).ok());
    ASSERT_TRUE(volume_->release(*node).ok());
    remount();
    ASSERT_EQ(read_all(*volume_, *find(*volume_, name)), contents);
  }
}

TEST_P(VolumeTest, SequentialAccessNeedsFewHostCalls) {
  Random random(3);
  const std::string text = random_text(random, 1 << 20);
  Node* node = write_file(*volume_, "f", "");
  volume_->hold(*node);
  storage_.writes = storage_.reads = 0;
  for (size_t offset = 0; offset < text.size(); offset += 65536)
    ASSERT_TRUE(volume_->write(*node, offset, bytes_of(text.substr(offset, 65536))).ok());
  EXPECT_LE(storage_.writes, 16u + 1);
  ASSERT_TRUE(volume_->sync_all().ok());
  EXPECT_EQ(read_all(*volume_, *node), text);
  EXPECT_LE(storage_.reads, 16u);
  ASSERT_TRUE(volume_->release(*node).ok());
}

INSTANTIATE_TEST_SUITE_P(
    Regions, VolumeTest,
    ::testing::Values(root_region(), root_region(Protection::kAuthenticated),
                      root_region(Protection::kEncrypted, 512),
                      RegionOptions{.path = "/", .kernel_path = ".", .chunk_size = 65536, .key_bits = 128}),
    [](const auto& info) {
      return std::string(info.param.protection == Protection::kEncrypted ? "Encrypted" : "Authenticated") +
             std::to_string(info.param.chunk_size) + "Aes" + std::to_string(info.param.key_bits);
    });

}  // namespace
}  // namespace scone::volume::test
