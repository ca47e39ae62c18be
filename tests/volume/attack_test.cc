// A host that changes what it keeps. Whatever it does to any byte of the protection file and of the host files: the volume refuses to open, or the
// read that would have returned something else fails with EIO, and everything else stays readable and right.
//
// SCONE_ATTACKS=N sets the number of mutations; without it, as many as fit into a test run.
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <functional>

#include "tests/volume/fixture.h"

namespace scone::volume::test {
namespace {

uint64_t attacks(uint64_t usual) {
  const char* more = getenv("SCONE_ATTACKS");
  return more ? strtoull(more, nullptr, 10) : usual;
}

// A volume with a history: every kind of entry, journal records, overwritten chunks, holes, several epochs.
class Victim {
 public:
  explicit Victim(Protection protection, uint64_t seed) {
    Recorder around;
    Random random(seed);
    make_volume(now, around, root_region(protection, 512));
    auto volume = mount(now, around).take();
    Node& root = *volume->region(0).root;
    EXPECT_TRUE(volume->make_directory(root, "d", {.mode = 0755}).ok());
    EXPECT_TRUE(volume->make_symlink(root, "link", "d/two", {.mode = 0777}).ok());
    write_file(*volume, "one", random_text(random, 3000));
    write_file(*volume, "d/two", random_text(random, 1024));
    write_file(*volume, "same", random_text(random, 3000));
    write_file(*volume, "small", "secret");
    write_file(*volume, "empty", "");
    EXPECT_TRUE(volume->sync_all().ok());
    old = now.copy();
    old_tag = around.tags.back();
    volume.reset();
    volume = mount(now, around).take();
    Node* one = find(*volume, "one");
    volume->hold(*one);
    for (int i = 0; i < 6; ++i) {
      EXPECT_TRUE(volume->write(*one, random() % 2500, bytes_of(random_text(random, 400))).ok());
      EXPECT_TRUE(volume->sync(*one).ok());
    }
    EXPECT_TRUE(volume->write(*one, 9000, bytes_of("after a hole")).ok());
    Node* same = find(*volume, "same");  // too much for the journal
    volume->hold(*same);
    EXPECT_TRUE(volume->write(*same, 0, bytes_of(random_text(random, 34000))).ok());
    EXPECT_TRUE(volume->sync(*same).ok());
    EXPECT_TRUE(volume->release(*same).ok());
    EXPECT_TRUE(volume->release(*one).ok());
    write_file(*volume, "small", "hidden");
    EXPECT_TRUE(volume
                    ->rename(*volume->region(0).root, "empty", *volume->region(0).root, "renamed",
                             RenameMode::kReplace)
                    .ok());
    EXPECT_TRUE(volume->sync_all().ok());
    truth = read_tree(*volume, *volume->region(0).root).take();
    tag = around.tags.back();
    volume.reset();
    // The room for further records is empty: less of it, so that more mutations meet what counts.
    Contents& bytes = now.files()[kFspf]->now;
    while (bytes.size() > 128 && bytes[bytes.size() - 128] == 0) bytes.pop_back();
  }

  MemoryStorage now, old;
  Tree truth;
  Tag tag, old_tag;
};

enum class Outcome { kRefused, kReadFailed, kHarmless, kUndetected };

Outcome judge(MemoryStorage& storage, const Victim& victim, std::string* why) {
  Recorder around;
  auto mounted = mount(storage, around, false, victim.tag);
  if (!mounted.ok()) {
    if (around.failures.empty()) *why = "refused without a reason";
    return around.failures.empty() ? Outcome::kUndetected : Outcome::kRefused;
  }
  Volume& volume = *mounted.value();
  bool failed = false;
  for (const auto& [path, contents] : victim.truth) {
    Node* node = find(volume, path);
    if (!node) {
      *why = path + " is gone";
      return Outcome::kUndetected;
    }
    if (node->type() != NodeType::kFile) continue;
    std::string got(contents.size() + 100, '?');
    size_t done = 0;
    for (;;) {
      const auto count = volume.read(
          *node, done,
          {reinterpret_cast<uint8_t*>(got.data()) + done, std::min<size_t>(got.size() - done, 700)});
      if (!count.ok()) {
        failed = true;
        if (count.error() != Errno(EIO) || around.failures.empty()) *why = "wrong error";
        if (count.error() != Errno(EIO) || around.failures.empty()) return Outcome::kUndetected;
        break;
      }
      done += count.value();
      if (count.value() == 0) break;
    }
    if (contents.compare(0, done, got, 0, done) != 0 || (done != contents.size() && !failed)) {
      *why = path + " has other contents";
      return Outcome::kUndetected;
    }
  }
  return failed ? Outcome::kReadFailed : Outcome::kHarmless;
}

struct Attack {
  const char* name;
  // False: not possible here.
  std::function<bool(MemoryStorage&, const Victim&, Random&)> run;
  bool harmless_is_fine = true;  // bytes that nothing refers to may change
};

MemoryStorage::File& any_file(MemoryStorage& storage, Random& random, bool data_only) {
  for (;;) {
    auto file = storage.files().begin();
    std::advance(file, random() % storage.files().size());
    if (!data_only || file->first != kFspf) return *file->second;
  }
}

Contents slice(const Contents& from, size_t begin, size_t size) {
  return Contents(from.begin() + static_cast<ptrdiff_t>(begin),
                  from.begin() + static_cast<ptrdiff_t>(begin + size));
}

const Attack kAttacks[] = {
    {"flip",
     [](MemoryStorage& s, const Victim&, Random& r) {
       Contents& bytes = any_file(s, r, r() % 2).now;
       if (bytes.empty()) return false;
       bytes[r() % bytes.size()] ^= static_cast<uint8_t>(1 + r() % 255);
       return true;
     }},
    {"flip in the protection file",
     [](MemoryStorage& s, const Victim&, Random& r) {
       Contents& bytes = s.files()[kFspf]->now;
       bytes[r() % std::min<size_t>(bytes.size(), 8192)] ^= static_cast<uint8_t>(1 << (r() % 8));
       return true;
     }},
    {"overwrite a range",
     [](MemoryStorage& s, const Victim&, Random& r) {
       Contents& bytes = any_file(s, r, false).now;
       if (bytes.empty()) return false;
       const size_t begin = r() % bytes.size(), size = std::min<size_t>(1 + r() % 600, bytes.size() - begin);
       const bool zero = r() % 2;
       for (size_t i = begin; i < begin + size; ++i) bytes[i] = zero ? 0 : static_cast<uint8_t>(r());
       return true;
     }},
    {"truncate",
     [](MemoryStorage& s, const Victim&, Random& r) {
       Contents& bytes = any_file(s, r, r() % 2).now;
       if (bytes.empty()) return false;
       bytes.resize(r() % bytes.size());
       return true;
     }},
    {"extend",
     [](MemoryStorage& s, const Victim&, Random& r) {
       Contents& bytes = any_file(s, r, r() % 2).now;
       const size_t more = 1 + r() % 2000;
       for (size_t i = 0; i < more; ++i) bytes.push_back(static_cast<uint8_t>(r()));
       return true;
     }},
    {"swap chunks in a file",
     [](MemoryStorage& s, const Victim&, Random& r) {
       Contents& bytes = any_file(s, r, true).now;
       if (bytes.size() < 1024) return false;
       const size_t a = r() % (bytes.size() / 512), b = r() % (bytes.size() / 512);
       std::swap_ranges(bytes.begin() + static_cast<ptrdiff_t>(a * 512),
                        bytes.begin() + static_cast<ptrdiff_t>(a * 512 + 512),
                        bytes.begin() + static_cast<ptrdiff_t>(b * 512));
       return a != b;
     }},
    {"swap chunks between files",
     [](MemoryStorage& s, const Victim&, Random& r) {
       Contents &x = any_file(s, r, true).now, &y = any_file(s, r, true).now;
       if (&x == &y || x.size() < 512 || y.size() < 512) return false;
       const size_t a = r() % (x.size() / 512) * 512, b = r() % (y.size() / 512) * 512;
       std::swap_ranges(x.begin() + static_cast<ptrdiff_t>(a), x.begin() + static_cast<ptrdiff_t>(a + 512),
                        y.begin() + static_cast<ptrdiff_t>(b));
       return true;
     }},
    {"duplicate a range",
     [](MemoryStorage& s, const Victim&, Random& r) {
       Contents& bytes = any_file(s, r, r() % 2).now;
       if (bytes.size() < 64) return false;
       const size_t size = 16 * (1 + r() % (bytes.size() / 32)), from = r() % (bytes.size() - size + 1),
                    to = r() % (bytes.size() + 1);
       const Contents copy = slice(bytes, from, size);
       if (r() % 2)
         bytes.insert(bytes.begin() + static_cast<ptrdiff_t>(to), copy.begin(), copy.end());
       else
         std::copy(copy.begin(), copy.begin() + static_cast<ptrdiff_t>(std::min(size, bytes.size() - to)),
                   bytes.begin() + static_cast<ptrdiff_t>(to));
       return true;
     }},
    {"cut a range out",
     [](MemoryStorage& s, const Victim&, Random& r) {
       Contents& bytes = any_file(s, r, r() % 2).now;
       if (bytes.size() < 2) return false;
       const size_t begin = r() % bytes.size(), size = 1 + r() % (bytes.size() - begin);
       bytes.erase(bytes.begin() + static_cast<ptrdiff_t>(begin),
                   bytes.begin() + static_cast<ptrdiff_t>(begin + size));
       return true;
     }},
    {"swap files",
     [](MemoryStorage& s, const Victim&, Random& r) {
       MemoryStorage::File &x = any_file(s, r, false), &y = any_file(s, r, false);
       std::swap(x.now, y.now);
       return &x != &y;
     }},
    {"delete a file",
     [](MemoryStorage& s, const Victim&, Random& r) {
       auto file = s.files().begin();
       std::advance(file, r() % s.files().size());
       s.files().erase(file);
       return true;
     }},
    {"rename a file",
     [](MemoryStorage& s, const Victim&, Random& r) {
       auto file = s.files().begin();
       std::advance(file, r() % s.files().size());
       s.files()[file->first + "x"] = file->second;
       s.files().erase(file->first);
       return true;
     }},
    {"duplicate a file",
     [](MemoryStorage& s, const Victim&, Random& r) {
       MemoryStorage::File &x = any_file(s, r, false), &y = any_file(s, r, false);
       x.now = y.now;
       return &x != &y;
     }},
    {"restore old files",
     [](MemoryStorage& s, const Victim& v, Random& r) {
       bool any = false;
       MemoryStorage old = v.old.copy();
       for (auto& [name, file] : s.files()) {
         if (name == kFspf || !old.files().contains(name) || r() % 2) continue;
         file->now = old.files()[name]->now;
         any = true;
       }
       return any;
     }},
    {"restore an old protection file",
     [](MemoryStorage& s, const Victim& v, Random&) {
       MemoryStorage old = v.old.copy();
       s.files()[kFspf]->now = old.files()[kFspf]->now;
       return true;
     },
     false},
    {"restore an old volume",
     [](MemoryStorage& s, const Victim& v, Random&) {
       s = v.old.copy();
       return true;
     },
     false},
    {"cut the journal at a record",
     [](MemoryStorage& s, const Victim&, Random& r) {
       Contents& bytes = s.files()[kFspf]->now;
       std::vector<size_t> records;
       for (size_t i = 64; i + 4 <= bytes.size(); i += 16)
         if (memcmp(&bytes[i], "SREC", 4) == 0) records.push_back(i);
       std::fill(bytes.begin() + static_cast<ptrdiff_t>(records[r() % records.size()]), bytes.end(), 0);
       return true;
     },
     false},
    {"leave out or repeat a record",
     [](MemoryStorage& s, const Victim&, Random& r) {
       Contents& bytes = s.files()[kFspf]->now;
       std::vector<size_t> records;
       for (size_t i = 64; i + 4 <= bytes.size(); i += 16)
         if (memcmp(&bytes[i], "SREC", 4) == 0) records.push_back(i);
       const size_t which = r() % (records.size() - 1);
       const Contents copy = slice(bytes, records[which], records[which + 1] - records[which]);
       if (r() % 2)
         bytes.erase(bytes.begin() + static_cast<ptrdiff_t>(records[which]),
                     bytes.begin() + static_cast<ptrdiff_t>(records[which + 1]));
       else
         bytes.insert(bytes.begin() + static_cast<ptrdiff_t>(records[which]), copy.begin(), copy.end());
       return true;
     },
     false},
};

class AttackTest : public ::testing::TestWithParam<Protection> {};

TEST_P(AttackTest, NoMutationGoesUndetected) {
  const Victim victim(GetParam(), 11);
  {
    MemoryStorage untouched = victim.now.copy();
    std::string why;
    ASSERT_EQ(judge(untouched, victim, &why), Outcome::kHarmless) << why;
  }
  std::map<std::string, std::map<Outcome, uint64_t>> counts;
  const uint64_t total = attacks(3000);
  Random random(99);
  for (uint64_t i = 0; i < total; ++i) {
    const Attack& attack = kAttacks[random() % std::size(kAttacks)];
    MemoryStorage storage = victim.now.copy();
    if (!attack.run(storage, victim, random)) {
      --i;
      continue;
    }
    std::string why;
    const Outcome outcome = judge(storage, victim, &why);
    ASSERT_NE(outcome, Outcome::kUndetected) << attack.name << ", mutation " << i << ": " << why;
    if (!attack.harmless_is_fine) {
      ASSERT_NE(outcome, Outcome::kHarmless) << attack.name << ", mutation " << i;
    }
    ++counts[attack.name][outcome];
  }
  for (auto& [name, outcomes] : counts)
    printf("%-32s refused %6lu  read failed %6lu  no effect %6lu\n", name.c_str(),
           outcomes[Outcome::kRefused], outcomes[Outcome::kReadFailed], outcomes[Outcome::kHarmless]);
}

// Not at random: each byte where the protection file has its headers and snapshot, and a part of the others, where neighbours are alike.
TEST_P(AttackTest, EveryByteCounts) {
  const Victim victim(GetParam(), 12);
  MemoryStorage original = victim.now.copy();
  for (const auto& [name, file] : original.files()) {
    for (size_t at = 0; at < file->now.size() && at < 6000; at += name != kFspf ? 9 : at < 1500 ? 1 : 4) {
      MemoryStorage storage = victim.now.copy();
      storage.files()[name]->now[at] ^= 0x40;
      std::string why;
      ASSERT_NE(judge(storage, victim, &why), Outcome::kUndetected) << name << " byte " << at << ": " << why;
    }
  }
}

TEST_P(AttackTest, RollbackIsRefusedByName) {
  const Victim victim(GetParam(), 13);
  MemoryStorage old = victim.old.copy();
  Recorder around;
  EXPECT_EQ(mount(old, around, true, victim.tag).error(), Errno(ESTALE));
  EXPECT_TRUE(around.said("rolled back")) << around.failures.back();
  MemoryStorage now = victim.now.copy();
  EXPECT_TRUE(mount(now, around, true, victim.old_tag).ok()) << "a later state of what is expected is fine";
}

TEST_P(AttackTest, DamageLeavesTheRestUsable) {
  const Victim victim(GetParam(), 14);
  MemoryStorage storage = victim.now.copy();
  for (auto& [name, file] : storage.files())
    if (name != kFspf && file->now.size() == 1024) file->now[5] ^= 1;  // "d/two"
  Recorder around;
  auto volume = mount(storage, around, true, victim.tag).take();
  uint8_t byte;
  EXPECT_EQ(volume->read(*find(*volume, "d/two"), 0, {&byte, 1}).error(), Errno(EIO));
  EXPECT_TRUE(around.said(".scone/0000000000000005: chunk does not verify")) << around.failures.back();
  EXPECT_TRUE(volume->read(*find(*volume, "d/two"), 600, {&byte, 1}).ok()) << "other chunks of the file";
  EXPECT_EQ(read_all(*volume, *find(*volume, "one")), victim.truth.at("one"));
  write_file(*volume, "d/two", "written anew");
  EXPECT_TRUE(volume->sync_all().ok());
  EXPECT_EQ(read_all(*volume, *find(*volume, "d/two")), "written anew");
}

INSTANTIATE_TEST_SUITE_P(Kinds, AttackTest,
                         ::testing::Values(Protection::kEncrypted, Protection::kAuthenticated),
                         [](const auto& info) {
                           return info.param == Protection::kEncrypted ? "Encrypted" : "Authenticated";
                         });

}  // namespace
}  // namespace scone::volume::test
