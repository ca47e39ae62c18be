// Protection files and options that are no good, without any attack: each is refused with its reason.
#include <cerrno>
#include <functional>

#include "tests/volume/fixture.h"

namespace scone::volume::test {
namespace {

MemoryStorage small_volume() {
  MemoryStorage storage;
  Recorder around;
  make_volume(storage, around, root_region());
  auto volume = mount(storage, around).take();
  write_file(*volume, "one", "contents");
  EXPECT_TRUE(volume->sync_all().ok());
  return storage.copy();
}

std::function<void(MemoryStorage&, MountOptions&)> refuse_to_open(int error) {
  return [error](MemoryStorage& storage, MountOptions&) {
    storage.fault = [error](Operation operation, const std::string&) {
      return operation == Operation::kOpen ? error : 0;
    };
  };
}

TEST(BadInput, EachIsRefusedWithItsReason) {
  const MemoryStorage good = small_volume();
  struct {
    const char* reason;
    int error;
    std::function<void(MemoryStorage&, MountOptions&)> make;
  } const cases[] = {
      {"was not encrypted with the given key", EACCES,
       [](auto&, auto& o) {
         static const std::vector<uint8_t> other(32, 1);
         o.key = other;
       }},
      {"the key has a wrong length", EINVAL, [](auto&, auto& o) { o.key = o.key.first(16); }},
      {"is encrypted, and no key is given", EACCES, [](auto&, auto& o) { o.key = {}; }},
      {"does not exist", ENOENT, [](auto& s, auto&) { s.files().erase(kFspf); }},
      {"lies on a read-only file system", EROFS, refuse_to_open(EROFS)},
      {"may not be opened", EACCES, refuse_to_open(EACCES)},
      {"may not be opened", EPERM, refuse_to_open(EPERM)},
      {"cannot be opened", EIO, refuse_to_open(EIO)},
      {"is not a protection file", EBADMSG,
       [](auto& s, auto&) { s.files()[kFspf]->now = Contents(5000, 'x'); }},
      {"is not a protection file", EBADMSG, [](auto& s, auto&) { s.files()[kFspf]->now.clear(); }},
      {"version that is not known", EBADMSG, [](auto& s, auto&) { s.files()[kFspf]->now[8] = 2; }},
      {"ends too early", EBADMSG, [](auto& s, auto&) { s.files()[kFspf]->now.resize(64); }},
      {"is not encrypted, although a key is given", EBADMSG,
       [](auto& s, auto&) {
         MemoryStorage other;
         Recorder around;
         ASSERT_TRUE(Volume::create(other, around, kFspf).ok());
         s.files()[kFspf]->now = other.files()[kFspf]->now;
       }},
      {"rolled back", ESTALE,
       [](auto&, auto& o) {
         o.expected_tag = Tag{1, 2, 3};
       }},
  };
  for (const auto& bad : cases) {
    MemoryStorage storage = good.copy();
    MountOptions options{.fspf = kFspf, .key = kKey, .is_mutable = true};
    bad.make(storage, options);
    Recorder around;
    const auto mounted = Volume::mount(storage, around, options);
    ASSERT_FALSE(mounted.ok()) << bad.reason;
    EXPECT_EQ(mounted.error(), Errno(bad.error)) << bad.reason;
    EXPECT_TRUE(around.said(bad.reason)) << around.failures.back();
  }
}

TEST(BadInput, TwoWritersAreKeptApart) {
  MemoryStorage storage = small_volume();
  Recorder around;
  auto first = mount(storage, around).take();
  EXPECT_EQ(mount(storage, around).error(), Errno(EBUSY));
  EXPECT_TRUE(around.said("in use by another mount"));
  write_file(*first, "f", std::string(100, 'x'));
  EXPECT_TRUE(first->sync_all().ok());
}

}  // namespace
}  // namespace scone::volume::test
