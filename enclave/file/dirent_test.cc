#include "enclave/file/dirent.h"

#include <dirent.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <string>
#include <vector>

namespace scone::file {
namespace {

struct Record {
  std::string name = "name";
  uint16_t size = 0;  // 0: what is right for the name
  int64_t next = 7;
};

std::string bytes_of(const std::vector<Record>& records) {
  std::string bytes;
  for (const Record& record : records) {
    std::string entry(dirent_size(record.name.size()), '\0');
    const DirentHeader header{1, record.next, record.size ? record.size : static_cast<uint16_t>(entry.size()),
                              DT_REG};
    memcpy(entry.data(), &header, sizeof header);
    memcpy(entry.data() + kDirentHeaderSize, record.name.data(), record.name.size());
    bytes += entry;
  }
  return bytes;
}

bool accepted(std::string bytes) {
  int64_t next = 0;
  return check_dirents({reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()}, next);
}

TEST(Dirents, AcceptsWhatTheKernelReturns) {
  const int fd = open("/proc", O_RDONLY | O_DIRECTORY);
  ASSERT_GE(fd, 0);
  char bytes[32768];
  const long size = syscall(SYS_getdents64, fd, bytes, sizeof bytes);
  ASSERT_GT(size, 0);
  EXPECT_TRUE(accepted(std::string(bytes, static_cast<size_t>(size))));
  close(fd);
}

TEST(Dirents, AcceptsTheEndOfADirectory) { EXPECT_TRUE(accepted("")); }

TEST(Dirents, TellsThePositionBehindTheLastRecord) {
  const std::string bytes = bytes_of({{.next = 5}, {.name = "other", .next = 1234567890123}});
  int64_t next = 0;
  EXPECT_TRUE(check_dirents({reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()}, next));
  EXPECT_EQ(next, 1234567890123);
}

TEST(DirentAttack, RecordThatIsCutOff) {
  std::string bytes = bytes_of({{}, {}});
  for (size_t size = 1; size < bytes.size(); ++size)
    EXPECT_EQ(accepted(bytes.substr(0, size)), size == bytes.size() / 2) << size;
}

TEST(DirentAttack, RecordOfNoSize) {
  std::string bytes = bytes_of({{}});
  bytes[16] = bytes[17] = 0;
  EXPECT_FALSE(accepted(bytes));
}

TEST(DirentAttack, RecordSmallerThanItsHeader) { EXPECT_FALSE(accepted(bytes_of({{.size = 16}}))); }

TEST(DirentAttack, RecordLargerThanTheAnswer) {
  EXPECT_FALSE(accepted(bytes_of({{.size = 4096}})));
  EXPECT_FALSE(accepted(bytes_of({{}, {.size = 48}})));
}

TEST(DirentAttack, RecordThatMisalignsTheNext) {
  EXPECT_FALSE(accepted(bytes_of({{.name = "name1", .size = 31}})));
}

TEST(DirentAttack, NameWithoutEnd) {
  std::string bytes = bytes_of({{}});
  memset(bytes.data() + kDirentHeaderSize, 'x', bytes.size() - kDirentHeaderSize);
  EXPECT_FALSE(accepted(bytes));
}

TEST(DirentAttack, NameThatIsAPath) {
  EXPECT_FALSE(accepted(bytes_of({{.name = "../../etc/shadow"}})));
  EXPECT_FALSE(accepted(bytes_of({{.name = "/"}})));
}

TEST(DirentAttack, EmptyName) { EXPECT_FALSE(accepted(bytes_of({{.name = ""}}))); }

TEST(AppendDirent, MakesRecordsThatAreAccepted) {
  Text text;
  for (const char* name : {".", "..", "1", "12345", "a-name-of-medium-length"})
    append_dirent(text, 99, 3, kDirentLink, name);
  ASSERT_TRUE(text.status().ok());
  EXPECT_TRUE(accepted(std::string(text.view())));
  const auto* first = reinterpret_cast<const dirent64*>(text.view().data());
  EXPECT_STREQ(first->d_name, ".");
  EXPECT_EQ(first->d_ino, 99u);
  EXPECT_EQ(first->d_off, 3);
  EXPECT_EQ(first->d_type, DT_LNK);
  EXPECT_EQ(first->d_reclen, 24);
}

}  // namespace
}  // namespace scone::file
