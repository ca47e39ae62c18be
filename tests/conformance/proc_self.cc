// /proc/self shows the program, not what runs it.
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"
#include "support.h"

using support::get_file;

CASE(executable) {
  char path[PATH_MAX] = "";
  ssize_t n = readlink("/proc/self/exe", path, sizeof path - 1);
  CHECK(n > 0);
  path[n] = 0;
  CHECK(strstr(path, "proc_self"));
  int fd = open("/proc/self/exe", O_RDONLY);
  char magic[4];
  CHECK_EQ(read(fd, magic, 4), 4);
  CHECK_EQ(memcmp(magic, "\177ELF", 4), 0);
  close(fd);
}

CASE(command_line) {
  std::string line = get_file("/proc/self/cmdline");
  CHECK(line.find("proc_self") != std::string::npos);
  // The first string is the program's own first argument.
  CHECK(line.find("scone") == std::string::npos || strstr(line.c_str(), "proc_self"));
}

CASE(status_names_the_process) {
  std::string status = get_file("/proc/self/status");
  CHECK(status.find("Name:\tproc_self") != std::string::npos);
  CHECK(status.find("Pid:\t" + std::to_string(getpid())) != std::string::npos);
  CHECK(status.find("VmRSS:") != std::string::npos);
}

CASE(stat_begins_with_the_process_id) {
  std::string stat = get_file("/proc/self/stat");
  CHECK_EQ(atoi(stat.c_str()), getpid());
  CHECK(stat.find("(proc_self)") != std::string::npos);
}

CASE(maps_tell_where_things_are) {
  std::string maps = get_file("/proc/self/maps");
  int local = 0;
  void* heap = malloc(10);
  bool stack_found = false, code_found = false;
  size_t position = 0;
  while (position < maps.size()) {
    size_t end = maps.find('\n', position);
    std::string line = maps.substr(position, end - position);
    position = end + 1;
    unsigned long from, to;
    char permissions[8] = "";
    CHECK_EQ(sscanf(line.c_str(), "%lx-%lx %7s", &from, &to, permissions), 3);
    auto in = [&](const void* p) { return reinterpret_cast<unsigned long>(p) >= from && reinterpret_cast<unsigned long>(p) < to; };
    if (in(&local)) stack_found = permissions[0] == 'r' && permissions[1] == 'w';
    if (in(reinterpret_cast<void*>(&support::get_file))) code_found = permissions[2] == 'x';
  }
  free(heap);
  CHECK(stack_found);
  CHECK(code_found);
}

CASE(open_descriptors_are_listed) {
  int fd = open("/dev/null", O_RDONLY);
  std::string name = std::to_string(fd);
  bool found = false;
  DIR* dir = opendir("/proc/self/fd");
  CHECK(dir);
  while (dirent* entry = readdir(dir)) found = found || name == entry->d_name;
  closedir(dir);
  CHECK(found);
  char target[PATH_MAX] = "";
  CHECK(readlink(("/proc/self/fd/" + name).c_str(), target, sizeof target - 1) > 0);
  CHECK_EQ(strcmp(target, "/dev/null"), 0);
  int again = open(("/proc/self/fd/" + name).c_str(), O_RDONLY);
  CHECK(again >= 0);
  close(again);
  close(fd);
}

CASE(own_threads_are_listed) {
  DIR* dir = opendir("/proc/self/task");
  CHECK(dir);
  int threads = 0;
  while (dirent* entry = readdir(dir)) threads += atoi(entry->d_name) == getpid();
  closedir(dir);
  CHECK_EQ(threads, 1);
}
