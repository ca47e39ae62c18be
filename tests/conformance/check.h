// The smallest self-checking test program: no library, so that what runs inside the enclave is the test and nothing else.
//
//   CASE(name) { CHECK(...); }     registers itself; runs in the order of the file
//
// Each case prints "ok name" or "not ok name: file:line: why"; the exit status is 1 if any failed. Arguments select the
// cases whose name contains one of them; "-part" leaves those out that contain "part". C and C++, glibc and musl.
#pragma once

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { kCheckMaxCases = 128 };
struct CheckCase {
  const char* name;
  void (*body)(void);
};
static struct CheckCase check_cases[kCheckMaxCases];
static int check_count;
static volatile int check_failures;
static const char* check_current;

static void check_register(const char* name, void (*body)(void)) {
  check_cases[check_count].name = name;
  check_cases[check_count].body = body;
  check_count++;
}

// One write(2) per line: what was printed is seen even if the next case hangs or kills the program.
__attribute__((format(printf, 1, 2))) static void check_print(const char* format, ...) {
  char line[512];
  va_list arguments;
  va_start(arguments, format);
  int length = vsnprintf(line, sizeof line, format, arguments);
  va_end(arguments);
  if (length >= (int)sizeof line) length = sizeof line - 1;
  if (write(STDOUT_FILENO, line, (size_t)length) < 0) _exit(2);
}

#define CASE(name)                                                                                   \
  static void name(void);                                                                            \
  __attribute__((constructor)) static void check_register_##name(void) { check_register(#name, name); } \
  static void name(void)

#define CHECK_FAIL_(...)                            \
  do {                                              \
    __atomic_add_fetch(&check_failures, 1, __ATOMIC_SEQ_CST); \
    check_print(__VA_ARGS__);                       \
    return;                                         \
  } while (0)

// A failed check leaves the function it stands in, which must return void.
#define CHECK(condition)                                                                                      \
  do {                                                                                                        \
    if (!(condition))                                                                                         \
      CHECK_FAIL_("not ok %s: %s:%d: %s (errno %d: %s)\n", check_current, __FILE__, __LINE__, #condition, errno, \
                  strerror(errno));                                                                           \
  } while (0)

#define CHECK_EQ(actual, expected)                                                                         \
  do {                                                                                                     \
    long long check_actual_ = (long long)(actual);                                                         \
    int check_errno_ = errno;                                                                              \
    long long check_expected_ = (long long)(expected);                                                     \
    if (check_actual_ != check_expected_)                                                                  \
      CHECK_FAIL_("not ok %s: %s:%d: %s is %lld, not %lld (errno %d: %s)\n", check_current, __FILE__, __LINE__, \
                  #actual, check_actual_, check_expected_, check_errno_, strerror(check_errno_));           \
  } while (0)

// The call fails with -1 and this errno.
#define CHECK_ERRNO(call, code)                                                                            \
  do {                                                                                                     \
    errno = 0;                                                                                             \
    long long check_actual_ = (long long)(call);                                                           \
    int check_errno_ = errno;                                                                              \
    if (check_actual_ != -1 || check_errno_ != (code))                                                     \
      CHECK_FAIL_("not ok %s: %s:%d: %s is %lld with errno %d (%s), not -1 with %s\n", check_current, __FILE__, \
                  __LINE__, #call, check_actual_, check_errno_, strerror(check_errno_), #code);             \
  } while (0)

static int check_selected(const char* name, int argc, char** argv) {
  int wanted = 0, chosen = 0;
  for (int i = 1; i < argc; i++) {
    if (argv[i][0] == '-' && strstr(name, argv[i] + 1)) return 0;
    if (argv[i][0] == '-') continue;
    chosen = 1;
    if (strstr(name, argv[i])) wanted = 1;
  }
  return wanted || !chosen;
}

int main(int argc, char** argv) {
  for (int i = 0; i < check_count; i++) {
    if (!check_selected(check_cases[i].name, argc, argv)) continue;
    int before = check_failures;
    check_current = check_cases[i].name;
    check_print("# %s\n", check_current);
    check_cases[i].body();
    if (check_failures == before) check_print("ok %s\n", check_current);
  }
  return check_failures != 0;
}
