// A volume as version 1 wrote it must be readable for ever. With SCONE_PRINT_KNOWN_ANSWER set, the program prints a new one of the same contents.
#include "tests/volume/known_answer.h"

#include <cerrno>
#include <cstdlib>

#include "cli/hexadecimal.h"
#include "tests/volume/fixture.h"

namespace scone::volume::test {
namespace {

constexpr char kContainer[] = ".scone/0000000000000003";

void fill(Volume& volume) {
  Node& root = *volume.region(0).root;
  ASSERT_TRUE(volume.make_directory(root, "directory", {.mode = 0750, .uid = 1, .gid = 2}).ok());
  write_file(volume, "directory/file", std::string(600, 'a') + "end");
  ASSERT_TRUE(volume.make_symlink(root, "link", "directory/file", {.mode = 0777}).ok());
  ASSERT_TRUE(volume.sync_all().ok());
}

void print(const char* name, const Contents& bytes) {
  const std::string digits = cli::to_hexadecimal(bytes);
  printf("inline constexpr char %s[] =", name);
  for (size_t i = 0; i < digits.size(); i += 100) printf("\n    \"%s\"", digits.substr(i, 100).c_str());
  printf(";\n\n");
}

Contents from_digits(std::string_view digits) {
  return cli::from_hexadecimal(digits, digits.size() / 2).value();
}

TEST(KnownAnswer, Version1IsReadAsItWasWritten) {
  if (getenv("SCONE_PRINT_KNOWN_ANSWER")) {
    MemoryStorage storage;
    Recorder around;
    make_volume(storage, around, root_region(Protection::kEncrypted, 512));
    auto volume = mount(storage, around).take();
    fill(*volume);
    Contents bytes = storage.files()[kFspf]->now;
    while (bytes[bytes.size() - 17] == 0) bytes.pop_back();
    print("kKnownFspf", bytes);
    print("kKnownContainer", storage.files()[kContainer]->now);
    print("kKnownTag", Contents(volume->tag().begin(), volume->tag().end()));
    return;
  }
  MemoryStorage storage;
  Recorder around;
  delete storage.open(kFspf, OpenMode::kCreate).take();
  storage.files()[kFspf]->now = from_digits(kKnownFspf);
  ASSERT_TRUE(storage.make_directory(".scone").ok());
  delete storage.open(kContainer, OpenMode::kCreate).take();
  storage.files()[kContainer]->now = from_digits(kKnownContainer);
  Tag tag;
  const Contents known_tag = from_digits(kKnownTag);
  std::copy(known_tag.begin(), known_tag.end(), tag.begin());
  auto volume = mount(storage, around, true, tag);
  ASSERT_TRUE(volume.ok()) << around.failures.back();
  EXPECT_EQ(volume.value()->tag(), tag);
  const Tree expected = {
      {"directory", "/"}, {"directory/file", std::string(600, 'a') + "end"}, {"link", "->directory/file"}};
  EXPECT_EQ(read_tree(*volume.value(), *volume.value()->region(0).root).take(), expected);
  EXPECT_EQ(find(*volume.value(), "directory")->attributes().mode, 0750);
  EXPECT_EQ(find(*volume.value(), "directory")->attributes().gid, 2u);
}

}  // namespace
}  // namespace scone::volume::test
