// kill -9 and loss of power between any two operations of the host: the volume opens, what was confirmed is there, and what is
// there was written by one commit as a whole.
#include <algorithm>
#include <cerrno>
#include <cstdlib>

#include "tests/volume/fixture.h"

namespace scone::volume::test {
namespace {

// A volume and what it should contain, changed at random. After each commit, the states a crash may leave are known.
class Workload {
 public:
  Workload(MemoryStorage& storage, uint64_t seed, bool sync_files)
      : storage_(storage), random_(seed), sync_files_(sync_files) {
    auto mounted = mount(storage_, around_);
    if (!mounted.ok()) return;  // the power went during the mount
    volume_ = mounted.take();
    confirmed_ = attempted_ = read_tree(*volume_, *volume_->region(0).root).take();
    now_ = confirmed_;
  }
  ~Workload() {
    for (Node* node : held_) (void)volume_->release(*node);
  }

  // Until the power goes or `steps` are done.
  void run(int steps) {
    for (int i = 0; volume_ && i < steps && !failed_; ++i) step();
  }

  // Does the tree that a crash left agree with what was promised?
  ::testing::AssertionResult agrees(const Tree& found) const {
    if (!sync_files_) {
      if (found == confirmed_ || found == attempted_) return ::testing::AssertionSuccess();
      return ::testing::AssertionFailure()
             << "neither the confirmed nor the attempted state: " << difference(found, confirmed_);
    }
    // Names are those of one commit; each file is as it was at some commit since it was confirmed.
    if (!same_names(found, confirmed_) && !same_names(found, attempted_))
      return ::testing::AssertionFailure() << "names of no commit: " << difference(found, confirmed_);
    for (const auto& [path, contents] : found) {
      const auto id = (same_names(found, attempted_) ? attempted_ids_ : confirmed_ids_).at(path);
      const auto versions = versions_.find(id);
      if (versions == versions_.end() || contents == "/") continue;
      bool known = false;
      for (const std::string& version : versions->second) known |= version == contents;
      if (!known)
        return ::testing::AssertionFailure()
               << path << " has contents that were never committed, " << contents.size() << " bytes";
    }
    return ::testing::AssertionSuccess();
  }

  const Tree& confirmed() const { return confirmed_; }
  Recorder around_;

 private:
  static bool same_names(const Tree& a, const Tree& b) {
    if (a.size() != b.size()) return false;
    for (auto i = a.begin(), j = b.begin(); i != a.end(); ++i, ++j)
      if (i->first != j->first) return false;
    return true;
  }
  static std::string difference(const Tree& a, const Tree& b) {
    std::string text;
    for (const auto& [path, contents] : a)
      if (!b.contains(path) || b.at(path) != contents)
        text += " +" + path + "(" + std::to_string(contents.size()) + ")";
    for (const auto& [path, contents] : b)
      if (!a.contains(path)) text += " -" + path;
    return text;
  }

  void note(const Result<void>& result) { failed_ |= !result.ok(); }

  std::string any_file() {
    std::vector<std::string> files;
    for (const auto& [path, contents] : now_)
      if (contents != "/") files.push_back(path);
    return files.empty() ? "" : files[random_() % files.size()];
  }
  std::string new_path() {
    std::string directory;
    for (const auto& [path, contents] : now_)
      if (contents == "/" && random_() % 3 == 0) directory = path + "/";
    return directory + "n" + std::to_string(counter_++);
  }
  Node& parent(const std::string& path) {
    const size_t slash = path.rfind('/');
    return *find(*volume_, slash == std::string::npos ? "" : path.substr(0, slash));
  }
  static std::string base(const std::string& path) { return path.substr(path.rfind('/') + 1); }

  void step() {
    const std::string file = any_file();
    const uint64_t choice = random_() % 100;
    if (choice < 12 || file.empty()) {
      const std::string path = new_path();
      if (volume_->create_file(parent(path), base(path), {.mode = 0644}).ok()) now_[path] = "";
      if (random_() % 2) hold(path);
    } else if (choice < 16) {
      const std::string path = new_path();
      if (volume_->make_directory(parent(path), base(path), {.mode = 0755}).ok()) now_[path] = "/";
    } else if (choice < 20) {
      note(volume_->unlink(parent(file), base(file)));
      now_.erase(file);
    } else if (choice < 28) {
      const std::string target = random_() % 2 ? any_file() : new_path();
      note(volume_->rename(parent(file), base(file), parent(target), base(target), RenameMode::kReplace));
      if (target != file) {
        now_[target] = now_[file];
        now_.erase(file);
      }
    } else if (choice < 36) {
      const uint64_t size = random_() % 3 ? random_() % 20000 : 0;
      if (with_hold(file, [&](Node& node) { return volume_->truncate(node, size); })) now_[file].resize(size);
    } else if (choice < 56) {
      std::string changed = now_[file];
      const PiecesOf pieces(random_, changed);
      if (with_hold(file, [&](Node& node) { return volume_->write_back(node, pieces.all(), std::nullopt); }))
        now_[file] = changed;
    } else if (choice < 80) {
      const uint64_t offset = random_() % 3 ? now_[file].size() : random_() % 15000;
      const std::string text = random_text(random_, 1 + random_() % (random_() % 3 ? 200 : 12000));
      if (with_hold(file, [&](Node& node) { return volume_->write(node, offset, bytes_of(text)); })) {
        std::string& contents = now_[file];
        if (contents.size() < offset + text.size()) contents.resize(offset + text.size());
        contents.replace(offset, text.size(), text);
      }
    } else {
      commit(sync_files_ && random_() % 4 ? file : "");
    }
  }

  template <typename Function>
  bool with_hold(const std::string& path, Function function) {
    Node* node = find(*volume_, path);
    volume_->hold(*node);
    const auto result = function(*node);
    note(result);
    note(volume_->release(*node));
    return result.ok();
  }
  void hold(const std::string& path) {
    if (Node* node = find(*volume_, path)) {
      volume_->hold(*node);
      held_.push_back(node);
    }
  }

  void ids(Tree& tree, std::map<std::string, uint64_t>& out) {
    out.clear();
    for (const auto& [path, contents] : tree) out[path] = find(*volume_, path)->id();
  }

  void commit(const std::string& file) {
    attempted_ = now_;
    ids(attempted_, attempted_ids_);
    for (const auto& [path, contents] : now_) {
      auto& versions = versions_[attempted_ids_[path]];
      if (versions.empty()) versions.push_back("");
      versions.push_back(contents);
    }
    const auto result = file.empty() ? volume_->sync_all() : volume_->sync(*find(*volume_, file));
    note(result);
    if (!result.ok()) return;
    confirmed_ = attempted_;
    confirmed_ids_ = attempted_ids_;
    for (const auto& [path, contents] : now_)
      if (file.empty() || path == file) versions_[attempted_ids_[path]] = {contents};
  }

  MemoryStorage& storage_;
  Random random_;
  const bool sync_files_;
  std::unique_ptr<Volume> volume_;
  std::vector<Node*> held_;
  Tree now_, confirmed_, attempted_;
  std::map<std::string, uint64_t> confirmed_ids_, attempted_ids_;
  std::map<uint64_t, std::vector<std::string>> versions_;
  uint64_t counter_ = 0;
  bool failed_ = false;
};

class CrashTest : public ::testing::TestWithParam<std::tuple<bool, Protection>> {};

int runs(int usual) {
  const char* more = getenv("SCONE_CRASH_RUNS");
  return more ? atoi(more) : usual;
}

// Each run is one workload, cut at every change it makes to the host, and once more after a mount in between.
TEST_P(CrashTest, AtEveryChangeOfTheHost) {
  const auto [sync_files, protection] = GetParam();
  uint64_t points = 0;
  for (int run = 0; run < runs(2); ++run) {
    const uint64_t seed = static_cast<uint64_t>(run) + 100;
    MemoryStorage start;
    Recorder recorder;
    make_volume(start, recorder, root_region(protection, run % 2 ? 512 : 4096));
    uint64_t begin = start.copy().changes(), end;
    {
      MemoryStorage whole = start.copy();
      Workload workload(whole, seed, sync_files);
      workload.run(120);
      end = whole.changes();
    }
    for (uint64_t point = begin; point < end; ++point, ++points) {
      MemoryStorage storage = start.copy();
      storage.lose_power_at(point);
      Workload workload(storage, seed, sync_files);
      workload.run(120);
      Random random(point * 31 + seed);
      for (int variant = 0; variant < 3; ++variant) {
        MemoryStorage survivor = variant ? storage.after_power_loss(random) : storage.after_kill();
        Recorder around;
        MemoryStorage before_mount = survivor.copy();
        auto again =
            mount(survivor, around, true,
                  workload.around_.tags.empty() ? recorder.tags.back() : workload.around_.tags.back());
        ASSERT_TRUE(again.ok()) << "change " << point << " of run " << run << ": "
                                << (around.failures.empty() ? "" : around.failures[0]);
        auto found = read_tree(*again.value(), *again.value()->region(0).root);
        ASSERT_TRUE(found.ok()) << "change " << point << " of run " << run << " variant " << variant << ": "
                                << (around.failures.empty() ? "" : around.failures[0]);
        if (!workload.confirmed().empty() || !found.value().empty()) {
          ASSERT_TRUE(workload.agrees(found.value()))
              << "change " << point << " of run " << run << " variant " << variant;
        }
        MemoryStorage untouched = before_mount.copy();
        auto immutable = mount(untouched, around, false);
        ASSERT_TRUE(immutable.ok());
        auto seen = read_tree(*immutable.value(), *immutable.value()->region(0).root);
        ASSERT_TRUE(seen.ok()) << "immutable, change " << point << ": " << around.failures.back();
        ASSERT_EQ(seen.value() == found.value(), true)
            << "an immutable mount sees something else, change " << point;
        // It goes on from there.
        again.value().reset();
        Workload next(survivor, seed + 1, sync_files);
        next.run(20);
        MemoryStorage last = survivor.after_power_loss(random);
        auto third = mount(last, around, true);
        ASSERT_TRUE(third.ok()) << around.failures.back();
        found = read_tree(*third.value(), *third.value()->region(0).root);
        ASSERT_TRUE(found.ok()) << "change " << point << " of run " << run << " variant " << variant << ": "
                                << around.failures.back();
        ASSERT_TRUE(next.agrees(found.value())) << "second life after change " << point << " of run " << run;
      }
    }
  }
  RecordProperty("crash_points", std::to_string(points));
  EXPECT_GT(points, 100u);
}

INSTANTIATE_TEST_SUITE_P(Kinds, CrashTest,
                         ::testing::Combine(::testing::Bool(), ::testing::Values(Protection::kEncrypted,
                                                                                 Protection::kAuthenticated)),
                         [](const auto& info) {
                           return std::string(std::get<0>(info.param) ? "FileSync" : "SyncAll") +
                                  (std::get<1>(info.param) == Protection::kEncrypted ? "Encrypted"
                                                                                     : "Authenticated");
                         });

// Errors instead of crashes: the program is told, and nothing that was confirmed is lost, neither now nor after a crash.
TEST(HostErrors, NothingConfirmedIsLostAndLaterCommitsSucceed) {
  for (uint64_t seed = 0; seed < static_cast<uint64_t>(runs(40)); ++seed) {
    MemoryStorage storage;
    Recorder around;
    make_volume(storage, around, root_region(Protection::kEncrypted, 512));
    Random random(seed);
    auto volume = mount(storage, around).take();
    Node* node = write_file(*volume, "f", random_text(random, 5000));
    volume->hold(*node);
    ASSERT_TRUE(volume->sync_all().ok());
    std::string now = read_all(*volume, *node), confirmed = now;
    std::vector<std::string> possible;  // since the last confirmed one
    const int error = seed % 2 ? ENOSPC : EIO;
    for (int round = 0; round < 60; ++round) {
      const bool faulty = random() % 2;
      storage.fault = [&](Operation operation, const std::string&) {
        const bool changes = operation == Operation::kWrite || operation == Operation::kSync ||
                             operation == Operation::kOpen || operation == Operation::kRename ||
                             operation == Operation::kSyncDirectory;
        return faulty && changes && random() % 4 == 0 ? error : 0;
      };
      const uint64_t offset = random() % 6000;
      const std::string text = random_text(random, 1 + random() % 3000);
      const std::string before = " before: " + std::to_string(now.size());
      const bool written = volume->write(*node, offset, bytes_of(text)).ok();
      const bool synced = (random() % 2 ? volume->sync(*node) : volume->sync_all()).ok();
      storage.fault = nullptr;
      const std::string content = read_all(*volume, *node);
      if (written) {
        if (now.size() < offset + text.size()) now.resize(offset + text.size());
        now.replace(offset, text.size(), text);
        const size_t same = static_cast<size_t>(
            std::mismatch(content.begin(), content.end(), now.begin(), now.end()).first - content.begin());
        ASSERT_EQ(content == now, true)
            << "seed " << seed << " round " << round << " from byte " << same << " of " << content.size()
            << " and " << now.size() << ", written " << text.size() << " at " << offset
            << around.failures.back() << before;
      }
      now = content;
      possible.push_back(now);
      if (synced) {
        confirmed = now;
        possible = {now};
      }
      MemoryStorage survivor = storage.after_power_loss(random);
      Recorder later;
      auto again = mount(survivor, later, true, around.tags.back());
      ASSERT_TRUE(again.ok()) << "seed " << seed << " round " << round << later.failures.back();
      const auto found = read_tree(*again.value(), *again.value()->region(0).root);
      ASSERT_TRUE(found.ok()) << "seed " << seed << " round " << round << later.failures.back();
      bool known = found.value().at("f") == confirmed;
      for (const std::string& version : possible) known |= version == found.value().at("f");
      ASSERT_TRUE(known) << "seed " << seed << " round " << round;
    }
    ASSERT_TRUE(volume->sync_all().ok());
    ASSERT_TRUE(volume->release(*node).ok());
    volume.reset();
    auto again = mount(storage, around, true, around.tags.back()).take();
    EXPECT_EQ(read_tree(*again, *again->region(0).root).take().at("f"), now);
  }
}

}  // namespace
}  // namespace scone::volume::test
