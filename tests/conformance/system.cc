// What a program asks about the system and about itself.
#include <sched.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <set>

#include "check.h"
#include "support.h"

CASE(random_bytes) {
  std::set<uint64_t> seen;
  for (int i = 0; i < 1000; i++) {
    uint64_t value = 0;
    CHECK_EQ(getrandom(&value, sizeof value, 0), 8);
    seen.insert(value);
  }
  CHECK_EQ(seen.size(), 1000);
  static char large[100000];
  CHECK_EQ(getrandom(large, sizeof large, GRND_NONBLOCK), sizeof large);
  int ones = 0;
  for (char byte : large) ones += __builtin_popcount(static_cast<unsigned char>(byte));
  CHECK(ones > 390000 && ones < 410000);
  CHECK_ERRNO(getrandom(large, 10, 0x100), EINVAL);
  CHECK_ERRNO(getrandom(reinterpret_cast<void*>(8), 10, 0), EFAULT);
}

CASE(name_of_the_system) {
  utsname name;
  CHECK_EQ(uname(&name), 0);
  CHECK_EQ(strcmp(name.sysname, "Linux"), 0);
  CHECK_EQ(strcmp(name.machine, "x86_64"), 0);
  int major = 0;
  CHECK_EQ(sscanf(name.release, "%d.", &major), 1);
  CHECK(major >= 4);
  char host[256] = "";
  CHECK_EQ(gethostname(host, sizeof host), 0);
  CHECK_EQ(strcmp(host, name.nodename), 0);
}

CASE(memory_and_load) {
  struct sysinfo info;
  CHECK_EQ(sysinfo(&info), 0);
  CHECK(info.totalram * info.mem_unit > (64 << 20));
  CHECK(info.freeram <= info.totalram);
  CHECK(info.uptime >= 0);
  CHECK(sysconf(_SC_PHYS_PAGES) > 0);
}

CASE(processors) {
  cpu_set_t set;
  CHECK_EQ(sched_getaffinity(0, sizeof set, &set), 0);
  CHECK(CPU_COUNT(&set) >= 1);
  CHECK(sysconf(_SC_NPROCESSORS_ONLN) >= 1);
  unsigned cpu = 9999, node = 9999;
  CHECK_EQ(syscall(SYS_getcpu, &cpu, &node, nullptr), 0);
  CHECK(cpu < 4096);
  CHECK(sched_getcpu() >= 0);
  CHECK_ERRNO(syscall(SYS_sched_getaffinity, 0, 1, &set), EINVAL);
}

CASE(identity) {
  CHECK(getpid() > 0);
  CHECK(getppid() > 0);
  CHECK(getppid() != getpid());
  uid_t real, effective, saved;
  CHECK_EQ(getresuid(&real, &effective, &saved), 0);
  CHECK_EQ(real, getuid());
  CHECK_EQ(effective, geteuid());
  gid_t groups[64];
  CHECK(getgroups(64, groups) >= 0);
  CHECK_EQ(getgroups(0, nullptr), getgroups(64, groups));
  CHECK(getpgrp() > 0);
  CHECK_EQ(getpgid(0), getpgrp());
  CHECK_EQ(getsid(0), getsid(getpid()));
}

CASE(limits) {
  rlimit limit;
  for (int resource : {RLIMIT_NOFILE, RLIMIT_STACK, RLIMIT_CORE, RLIMIT_AS, RLIMIT_DATA, RLIMIT_NPROC}) {
    CHECK_EQ(getrlimit(static_cast<__rlimit_resource>(resource), &limit), 0);
    CHECK(limit.rlim_cur <= limit.rlim_max);
  }
  CHECK_EQ(getrlimit(RLIMIT_CORE, &limit), 0);
  limit.rlim_cur = 0;
  CHECK_EQ(setrlimit(RLIMIT_CORE, &limit), 0);
  rlimit now;
  CHECK_EQ(getrlimit(RLIMIT_CORE, &now), 0);
  CHECK_EQ(now.rlim_cur, 0);
  CHECK_ERRNO(syscall(SYS_prlimit64, 0, 99, nullptr, &now), EINVAL);
  limit = {10, 5};
  CHECK_ERRNO(setrlimit(RLIMIT_CORE, &limit), EINVAL);
}

CASE(process_controls) {
  char name[16] = "";
  CHECK_EQ(prctl(PR_SET_NAME, "conformance"), 0);
  CHECK_EQ(prctl(PR_GET_NAME, name), 0);
  CHECK_EQ(strcmp(name, "conformance"), 0);
  CHECK(prctl(PR_GET_DUMPABLE) >= 0);
  CHECK_EQ(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
  CHECK_EQ(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0), 1);
  CHECK_ERRNO(prctl(99999, 0, 0, 0, 0), EINVAL);
}

CASE(priorities) {
  errno = 0;
  int nice = getpriority(PRIO_PROCESS, 0);
  CHECK_EQ(errno, 0);
  CHECK(nice >= -20 && nice <= 19);
  CHECK_EQ(sched_getscheduler(0), SCHED_OTHER);
  CHECK_EQ(sched_get_priority_max(SCHED_OTHER), 0);
  CHECK_EQ(sched_get_priority_max(SCHED_FIFO), 99);
}

CASE(auxiliary_vector) {
  CHECK_EQ(getauxval(AT_PAGESZ), 4096);
  CHECK_EQ(getauxval(AT_UID), getuid());
  CHECK_EQ(getauxval(AT_SECURE), 0);
  CHECK_EQ(getauxval(AT_CLKTCK), 100);
  CHECK(getauxval(AT_PHDR) != 0);
  CHECK(getauxval(AT_ENTRY) != 0);
  auto* random = reinterpret_cast<const unsigned char*>(getauxval(AT_RANDOM));
  CHECK(random);
  int distinct = 0;
  for (int i = 1; i < 16; i++) distinct += random[i] != random[0];
  CHECK(distinct > 4);
  auto* path = reinterpret_cast<const char*>(getauxval(AT_EXECFN));
  CHECK(path && path[0]);
}

CASE(calls_that_do_not_exist) {
  CHECK_ERRNO(syscall(400), ENOSYS);
  CHECK_ERRNO(syscall(511), ENOSYS);
  CHECK_ERRNO(syscall(100000), ENOSYS);
  CHECK_ERRNO(syscall(-1), ENOSYS);
  // Only 32 bits of the number count.
  CHECK_EQ(syscall((long{1} << 33) | SYS_getpid), getpid());
}

CASE(environment_and_arguments) {
  CHECK(environ);
  CHECK(getenv("PATH"));
  CHECK_EQ(setenv("CONFORMANCE", "yes", 1), 0);
  CHECK_EQ(strcmp(getenv("CONFORMANCE"), "yes"), 0);
}
