// Which paths are answered inside, and how the made-up directories look.
#include <dirent.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <random>
#include <set>

#include "enclave/file/fd_table.h"
#include "enclave/file/host_file.h"
#include "enclave/file/open.h"
#include "enclave/file/proc_table.h"
#include "enclave/file/procfs.h"
#include "enclave/file/program_facts.h"
#include "enclave/mm/backing.h"
#include "tests/file/fake_host.h"
#include "tests/file/scratch.h"

namespace scone::file {
namespace {

class Anonymous final : public File {
 public:
  Anonymous() : File(O_RDWR) {}
  const char* name() const override { return "pipe:[7]"; }
};

class ProcTest : public ::testing::Test {
 protected:
  ProcTest() {
    EXPECT_TRUE(set_program("/usr/bin/program", {}).ok());
    Ref<File> none;
    EXPECT_TRUE(fd_table().replace(3, open_on_host(AT_FDCWD, "/etc", O_RDONLY, 0).take(), false, none).ok());
    EXPECT_TRUE(fd_table().replace(5, Ref<File>::adopt(new Anonymous), false, none).ok());
    host_number = std::to_string(fd_table().get(3).value()->as_host_file()->number());
  }
  ~ProcTest() override { fd_table().close_all(); }

  // What a path leads to: "host <path>", "node", or "error <n>".
  std::string find(const std::string& text, bool follow = true) {
    PathName path;
    EXPECT_TRUE(path.set(text).ok());
    node = {};
    auto inside = find_in_proc(path, follow, node);
    if (!inside.ok()) return "error " + std::to_string(inside.error().code());
    return inside.value() ? "node" : "host " + std::string(path.view());
  }
  std::string own(const std::string& rest) { return "/proc/" + std::to_string(getpid()) + rest; }

  ProcNode node;
  std::string host_number;
};

TEST_F(ProcTest, OtherPathsAreLeftAsTheyAre) {
  for (const char* path :
       {"/", "/etc/passwd", "/proc", "/proc/", "/proc/meminfo", "/proc/1/maps", "/dev/null", "/dev/fdx",
        "/devices/fd", "/process/self/maps", "/proc/selfish/maps", "/dev"})
    EXPECT_EQ(find(path), std::string("host ") + path);
}

TEST_F(ProcTest, AllSpellingsOfAFileAreRecognised) {
  for (const std::string& path :
       {std::string("/proc/self/maps"), std::string("//proc//self/./maps"), own("/maps"),
        std::string("/./proc/self/task/../maps"), std::string("/proc/self/../self/maps"),
        std::string("/proc/self/fd/../maps")}) {
    ASSERT_EQ(find(path), "node") << path;
    EXPECT_EQ(node.kind, ProcNodeKind::kTable) << path;
    EXPECT_EQ(node.row->name, "maps") << path;
    EXPECT_EQ(node.number, getpid()) << path;
  }
}

TEST_F(ProcTest, WhatWeDoNotKnowIsNotThere) {
  for (const char* path : {"/proc/self/pagemap", "/proc/self/mem", "/proc/self/x", "/proc/self/fd/99",
                           "/proc/self/fd/-1", "/proc/self/fd/03", "/proc/self/fd/x", "/proc/self/task/77",
                           "/proc/self/task/x", "/proc/self/fdinfo/99", "/dev/fd/99"})
    EXPECT_EQ(find(path), "error 2") << path;
}

TEST_F(ProcTest, FilesAreNoDirectories) {
  EXPECT_EQ(find("/proc/self/maps/x"), "error 20");
  EXPECT_EQ(find("/proc/self/exe/x"), "error 20");
  EXPECT_EQ(find("/proc/self/fd/5/x"), "error 20");
  EXPECT_EQ(find("/proc/self/fdinfo/3/x"), "error 20");
}

TEST_F(ProcTest, TheProgramIsFoundThroughItsLink) {
  EXPECT_EQ(find("/proc/self/exe"), "host /usr/bin/program");
  ASSERT_EQ(find("/proc/self/exe", false), "node");
  PathName target;
  ASSERT_TRUE(node.read_link(target).ok());
  EXPECT_EQ(target.view(), "/usr/bin/program");
}

TEST_F(ProcTest, DescriptorsLeadToTheHostsOrToFiles) {
  EXPECT_EQ(find("/proc/self/fd/3"), "host /proc/self/fd/" + host_number);
  EXPECT_EQ(find("/dev/fd/3/passwd"), "host /proc/self/fd/" + host_number + "/passwd");
  EXPECT_EQ(find("/proc/self/fd/3//a/../b"), "host /proc/self/fd/" + host_number + "/a/../b");
  ASSERT_EQ(find("/proc/self/fd/5"), "node");
  EXPECT_EQ(node.kind, ProcNodeKind::kOpenFile);
  EXPECT_EQ(node.file.get(), fd_table().get(5).value().get());
  EXPECT_EQ(find("/dev/stdin"), "error 2") << "0 is closed";
  EXPECT_EQ(find("/dev/stdin", false), "host /dev/stdin") << "the link itself";
}

TEST_F(ProcTest, LinksOfDescriptorsTellNames) {
  ASSERT_EQ(find("/proc/self/fd/5", false), "node");
  PathName target;
  ASSERT_TRUE(node.read_link(target).ok());
  EXPECT_EQ(target.view(), "pipe:[7]");
  ASSERT_EQ(find("/proc/self/fd/3", false), "node");
  ASSERT_TRUE(node.read_link(target).ok());
  EXPECT_EQ(target.view(), "/etc");
  EXPECT_EQ(node.open(O_RDONLY, 0).error(), Errno(ELOOP));
}

TEST_F(ProcTest, SomeFilesAreTheHosts) {
  EXPECT_EQ(find("/proc/self/mounts"), "host /proc/self/mounts");
  EXPECT_EQ(find(own("/mounts")), "host /proc/self/mounts");
  EXPECT_EQ(find("/proc/self/cwd/some/file"), "host /proc/self/cwd/some/file");
  EXPECT_EQ(find("/proc/self/ns/pid", false), "host /proc/self/ns/pid");
  EXPECT_EQ(find("/proc/self", false), "host /proc/self");
  EXPECT_EQ(find("/proc/self/.."), "host /proc");
  EXPECT_EQ(find("/proc/self/../meminfo"), "host /proc/self/../meminfo");
}

TEST_F(ProcTest, MadeUpFilesHaveTheirAttributes) {
  struct stat result;
  ASSERT_EQ(find("/proc/self/maps"), "node");
  ASSERT_TRUE(node.stat(result).ok());
  EXPECT_EQ(result.st_mode, S_IFREG | 0444u);
  EXPECT_TRUE(node.access(R_OK).ok());
  EXPECT_EQ(node.access(W_OK).error(), Errno(EACCES));
  EXPECT_EQ(node.open(O_RDWR, 0).error(), Errno(EACCES));
  EXPECT_EQ(node.open(O_RDONLY | O_DIRECTORY, 0).error(), Errno(ENOTDIR));
  const auto maps_inode = result.st_ino;
  ASSERT_EQ(find("/proc/self/status"), "node");
  ASSERT_TRUE(node.stat(result).ok());
  EXPECT_NE(result.st_ino, maps_inode);
  ASSERT_EQ(find("/proc/self/fd"), "node");
  ASSERT_TRUE(node.stat(result).ok());
  EXPECT_EQ(result.st_mode, S_IFDIR | 0500u);
  EXPECT_EQ(node.open(O_WRONLY, 0).error(), Errno(EISDIR));
}

TEST_F(ProcTest, ReadsContinueOneTextAndBeginAnew) {
  ASSERT_EQ(find("/proc/self/comm"), "node");
  Ref<File> file = node.open(O_RDWR, 0).take();
  std::string piece(3, '?');
  IoVector first = app_vector(piece);
  EXPECT_EQ(file->read(first, {}).value_or(0), 3u);
  EXPECT_EQ(piece, "com");
  std::string name = "other";
  IoVector rename = app_vector(name);
  EXPECT_EQ(file->write(rename, {}).value_or(0), 5u);
  IoVector second = app_vector(piece);
  EXPECT_EQ(file->read(second, {}).value_or(0), 2u);
  EXPECT_EQ(piece.substr(0, 2), "m\n") << "the text of the first read";
  EXPECT_EQ(file->seek(0, SEEK_SET).value_or(1), 0u);
  IoVector again = app_vector(piece);
  EXPECT_EQ(file->read(again, {}).value_or(0), 3u);
  EXPECT_EQ(piece, "oth");
}

std::set<std::string> list(File& directory, size_t piece) {
  std::set<std::string> names;
  while (true) {
    std::string buffer(piece, '\0');
    IoVector to = app_vector(buffer);
    const size_t size = directory.read_directory(to).value_or(0);
    if (size == 0) return names;
    for (size_t at = 0; at < size;) {
      const auto* entry = reinterpret_cast<const dirent64*>(buffer.data() + at);
      EXPECT_TRUE(names.insert(entry->d_name).second) << entry->d_name << " twice";
      at += entry->d_reclen;
    }
  }
}

TEST_F(ProcTest, DescriptorsAreListed) {
  using Names = std::set<std::string>;
  ASSERT_EQ(find("/dev/fd"), "node");
  for (size_t piece : {size_t{40}, size_t{4096}})
    EXPECT_EQ(list(*node.open(O_RDONLY, 0).value(), piece), (Names{".", "..", "3", "5"}));
}

TEST_F(ProcTest, ListingSurvivesChanges) {
  Ref<File> none;
  for (int fd = 10; fd < 60; ++fd)
    ASSERT_TRUE(fd_table().replace(fd, Ref<File>::adopt(new Anonymous), false, none).ok());
  ASSERT_EQ(find("/proc/self/fd"), "node");
  Ref<File> directory = node.open(O_RDONLY, 0).take();
  std::string buffer(300, '\0');
  IoVector to = app_vector(buffer);
  ASSERT_GT(directory->read_directory(to).value_or(0), 0u);
  ASSERT_TRUE(fd_table().remove(10).ok());
  ASSERT_TRUE(fd_table().remove(40).ok());
  const auto rest = list(*directory, 300);
  EXPECT_TRUE(rest.contains("59"));
  EXPECT_TRUE(rest.contains("39"));
  EXPECT_FALSE(rest.contains("40"));
}

TEST_F(ProcTest, EveryListedFileCanBeFound) {
  ASSERT_EQ(find("/proc/self"), "node");
  const auto names = list(*node.open(O_RDONLY, 0).value(), 256);
  EXPECT_EQ(names.size(), proc_rows().size() + 2);
  for (const std::string& name : names)
    EXPECT_EQ(find("/proc/self/" + name, false).substr(0, 5) == "error", false) << name;
}

// Whatever a program passes: an answer, and never a path outside what it named.
TEST_F(ProcTest, AnyMixtureOfNamesIsAnswered) {
  const char* parts[] = {"proc", "self", "fd",   "3",   "5",      "..",  ".",
                         "",     "task", "maps", "exe", "mounts", "dev", "stdin"};
  std::mt19937 random(1);
  for (int round = 0; round < 20000; ++round) {
    std::string path;
    for (unsigned length = random() % 8; length > 0; --length)
      path += std::string("/") + parts[random() % std::size(parts)];
    const std::string found = find(path, random() % 2);
    EXPECT_TRUE(found == "node" || found == "error 2" || found == "error 20" || found.starts_with("host "))
        << path;
  }
}

}  // namespace
}  // namespace scone::file
