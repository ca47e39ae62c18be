// The line discipline against the kernel's: the same keys to both, the same echo and the same reads.
#include "enclave/shield/line_discipline.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <random>
#include <string>
#include <vector>

namespace scone::shield {
namespace {

class Recorder final : public Display {
 public:
  void echo(std::string_view text) override { shown += text; }
  void signal(int number) override { signals.push_back(number); }
  std::string shown;
  std::vector<int> signals;
};

// What came out: echo, and each read.
struct Outcome {
  std::string shown;
  std::vector<std::string> reads;
  bool operator==(const Outcome&) const = default;
};
std::ostream& operator<<(std::ostream& out, const Outcome& outcome) {
  out << testing::PrintToString(outcome.shown);
  for (const std::string& text : outcome.reads) out << " | " << testing::PrintToString(text);
  return out;
}

using Settings = struct ::termios;

Outcome ours(const std::string& keys, const Settings& settings, size_t read_size) {
  LineDiscipline discipline;
  discipline.set(settings);
  Recorder recorder;
  Outcome outcome;
  for (char key : keys) discipline.type(static_cast<uint8_t>(key), recorder);
  std::vector<char> buffer(read_size);
  while (discipline.readable()) outcome.reads.emplace_back(buffer.data(), discipline.read(buffer));
  outcome.shown = recorder.shown;
  return outcome;
}

// A pseudo-terminal without a session: nobody is signalled.
class KernelTerminal {
 public:
  KernelTerminal() {
    master_ = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK);
    EXPECT_EQ(unlockpt(master_), 0);
    slave_ = open(ptsname(master_), O_RDWR | O_NOCTTY | O_NONBLOCK);
    EXPECT_GE(slave_, 0);
  }
  ~KernelTerminal() {
    close(master_);
    close(slave_);
  }
  Settings initial() {
    Settings settings{};
    EXPECT_EQ(ioctl(slave_, TCGETS, &settings), 0);
    return settings;
  }
  Outcome run(const std::string& keys, const Settings& settings, size_t read_size) {
    EXPECT_EQ(ioctl(slave_, TCSETS, &settings), 0);
    EXPECT_EQ(write(master_, keys.data(), keys.size()), static_cast<ssize_t>(keys.size()));
    usleep(2000);  // the keys pass through a work queue
    Outcome outcome;
    std::vector<char> buffer(read_size);
    ssize_t count;
    while ((count = read(slave_, buffer.data(), read_size)) >= 0 && outcome.reads.size() < 100) {
      if (count == 0 && !(settings.c_lflag & ICANON)) break;
      outcome.reads.emplace_back(buffer.data(), static_cast<size_t>(count));
    }
    char shown[1 << 16];
    while ((count = read(master_, shown, sizeof shown)) > 0)
      outcome.shown.append(shown, static_cast<size_t>(count));
    return outcome;
  }

 private:
  int master_ = -1, slave_ = -1;
};

void expect_as_kernel(const std::string& keys, const Settings& settings, size_t read_size = 4096) {
  KernelTerminal kernel;
  EXPECT_EQ(ours(keys, settings, read_size), kernel.run(keys, settings, read_size))
      << testing::PrintToString(keys);
}

Settings initial() { return LineDiscipline().settings(); }

TEST(LineDiscipline, StartsAsANewPseudoTerminal) {
  const Settings mine = initial(), theirs = KernelTerminal().initial();
  EXPECT_EQ(mine.c_iflag, theirs.c_iflag);
  EXPECT_EQ(mine.c_oflag, theirs.c_oflag);
  EXPECT_EQ(mine.c_cflag, theirs.c_cflag);
  EXPECT_EQ(mine.c_lflag, theirs.c_lflag);
  EXPECT_EQ(0, memcmp(mine.c_cc, theirs.c_cc, sizeof mine.c_cc));
}

TEST(LineDiscipline, LinesAsTheKernel) {
  for (const char* keys : {"hello\r", "one\rtwo\r", "abc\x7f\x7fx\n", "abc\x15xyz\n", "one two  \x17three\n",
                           "a_b.c\x17\n", "abc\x04", "\x04",
                           "ab\x04"
                           "cd\n",
                           "\x01\x02\x7f\n",
                           "a\x16\x03"
                           "b\n",
                           "x\x16\n\n", "\x7f\x15\x17\n", "tab\tx\n", "no end", "\r\r\n"})
    expect_as_kernel(keys, initial());
}

TEST(LineDiscipline, ShortReadsLeaveTheRestOfTheLine) {
  expect_as_kernel("abcdefgh\nxy\n", initial(), 3);
  expect_as_kernel(
      "abc\x04"
      "def\n",
      initial(), 3);
}

TEST(LineDiscipline, OtherSettingsAsTheKernel) {
  const std::string keys =
      "ab\x7f"
      "c\rd\x15"
      "e\nf \x17g\n";
  for (uint32_t without :
       {ECHO, ECHOE, ECHOK, ECHOKE, ECHOCTL, IEXTEN, ICANON, ICANON | ECHO, ISIG | ICANON | ECHO}) {
    Settings settings = initial();
    settings.c_lflag &= ~without;
    expect_as_kernel(keys, settings);
  }
  for (uint32_t with : {INLCR, IGNCR, IUTF8, ISTRIP}) {
    Settings settings = initial();
    settings.c_iflag |= with;
    expect_as_kernel(
        "a\xc3\xa4\x7f"
        "b\r\n",
        settings);
  }
  Settings settings = initial();
  settings.c_oflag &= ~static_cast<uint32_t>(ONLCR);
  expect_as_kernel(keys, settings);
  settings.c_oflag = 0;
  expect_as_kernel(keys, settings);
}

TEST(LineDiscipline, RandomKeysAsTheKernel) {
  std::mt19937 random(3);
  const std::string alphabet = "abc _.1\n\r\x7f\x15\x17\x04\x16";
  for (int i = 0; i < 300; ++i) {
    std::string keys;
    for (auto n = random() % 30; n > 0; --n) keys += alphabet[random() % alphabet.size()];
    if (keys.ends_with('\x16')) keys += "x";
    expect_as_kernel(keys, initial(), 1 + random() % 8);
  }
}

TEST(LineDiscipline, KeysThatSendSignals) {
  LineDiscipline discipline;
  Recorder recorder;
  for (char key : std::string("typed\x03\x1c\x1a")) discipline.type(static_cast<uint8_t>(key), recorder);
  EXPECT_EQ(recorder.signals, (std::vector<int>{SIGINT, SIGQUIT, SIGTSTP}));
  EXPECT_EQ(recorder.shown, "typed^C^\\^Z");
  EXPECT_FALSE(discipline.readable());
}

TEST(LineDiscipline, StopAndStart) {
  LineDiscipline discipline;
  Recorder recorder;
  discipline.type(19, recorder);
  EXPECT_TRUE(discipline.stopped());
  discipline.type(17, recorder);
  EXPECT_FALSE(discipline.stopped());
}

TEST(LineDiscipline, ALineThatIsTooLongRings) {
  LineDiscipline discipline;
  Recorder recorder;
  for (int i = 0; i < 5000; ++i) discipline.type('x', recorder);
  discipline.type('\n', recorder);
  std::vector<char> buffer(8192);
  ASSERT_TRUE(discipline.readable());
  EXPECT_EQ(discipline.read(buffer), 4096u);
  EXPECT_EQ(buffer[4095], '\n');
  EXPECT_TRUE(recorder.shown.contains('\a'));
}

TEST(LineDiscipline, ALineUnderWayIsReadableWithoutLines) {
  LineDiscipline discipline;
  Recorder recorder;
  for (char key : std::string("abc")) discipline.type(static_cast<uint8_t>(key), recorder);
  EXPECT_FALSE(discipline.readable());
  Settings raw = discipline.settings();
  raw.c_lflag &= ~static_cast<uint32_t>(ICANON);
  discipline.set(raw);
  EXPECT_TRUE(discipline.readable());
  EXPECT_EQ(discipline.used(), 3u);
}

}  // namespace
}  // namespace scone::shield
