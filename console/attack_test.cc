// What a host can do to the lines that it carries. Each attack must be found, at the first line that is not the next one of the
// stream, and nothing of what follows may be seen.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "console/test_stream.h"

namespace scone::console {
namespace {

using Lines = std::vector<std::string>;
const Lines kTexts = {"one ", "two ", "three ", "four ", "five"};

Lines output(uint8_t run = 1) { return recorded(test_session(run), Stream::kOutput, kTexts); }
Fault fault_of(const Lines& lines) { return read_all(Stream::kOutput, lines).fault; }

// The data that was let through is a beginning of the truth.
void expect_found(const Lines& lines) {
  const Reading got = read_all(Stream::kOutput, lines);
  EXPECT_NE(got.fault, Fault::kNone);
  EXPECT_TRUE(std::string("one two three four five").starts_with(got.data)) << got.data;
}

TEST(ConsoleAttack, EveryFlippedBit) {
  const Lines honest = output();
  for (size_t at = 0; at < honest.size(); ++at)
    for (size_t bit = 0; bit < honest[at].size() * 8; ++bit) {
      Lines lines = honest;
      lines[at][bit / 8] = static_cast<char>(lines[at][bit / 8] ^ 1 << bit % 8);
      expect_found(lines);
    }
}

TEST(ConsoleAttack, DroppedRecords) {
  for (size_t at = 0; at < output().size(); ++at) {
    Lines lines = output();
    lines.erase(lines.begin() + static_cast<ptrdiff_t>(at));
    EXPECT_EQ(fault_of(lines), at + 1 == output().size() ? Fault::kTruncated : Fault::kMissing) << at;
  }
}

TEST(ConsoleAttack, ReplayedRecords) {
  const Lines honest = output();
  for (size_t from = 0; from < honest.size(); ++from)
    for (size_t to = from + 1; to <= honest.size(); ++to) {
      Lines lines = honest;
      lines.insert(lines.begin() + static_cast<ptrdiff_t>(to), honest[from]);
      EXPECT_EQ(fault_of(lines), Fault::kReplayed) << from << " " << to;
      expect_found(lines);
    }
}

TEST(ConsoleAttack, ReorderedRecords) {
  const Lines honest = output();
  for (size_t a = 0; a < honest.size(); ++a)
    for (size_t b = a + 1; b < honest.size(); ++b) {
      Lines lines = honest;
      std::swap(lines[a], lines[b]);
      EXPECT_EQ(fault_of(lines), Fault::kMissing) << a << " " << b;
      expect_found(lines);
    }
}

TEST(ConsoleAttack, TruncatedStreams) {
  for (size_t size = 0; size < output().size(); ++size) {
    Lines lines = output();
    lines.resize(size);
    EXPECT_EQ(fault_of(lines), Fault::kTruncated) << size;
  }
}

TEST(ConsoleAttack, CutLines) {
  const Lines honest = output();
  for (size_t at = 0; at < honest.size(); ++at)
    for (size_t size = 0; size < honest[at].size(); ++size) {
      Lines lines = honest;
      lines[at].resize(size);
      expect_found(lines);
    }
}

TEST(ConsoleAttack, RecordsOfAnotherRun) {
  const Lines mine = output(1), other = output(2);
  for (size_t at = 1; at < mine.size(); ++at) {
    Lines lines = mine;
    lines[at] = other[at];
    EXPECT_EQ(fault_of(lines), Fault::kNotAuthentic) << at;
  }
}

TEST(ConsoleAttack, AWholeOtherRun) {
  RecordReader reader(test_key(), Stream::kOutput);
  reader.expect(test_session(1, true));
  EXPECT_EQ(read_all(reader, recorded(test_session(2, true), Stream::kOutput, kTexts)).fault, Fault::kStale);
}

TEST(ConsoleAttack, RecordsOfAnotherStream) {
  const Lines mine = output();
  const Lines other = recorded(test_session(1), Stream::kError, kTexts);
  const Lines input = recorded(test_session(1), Stream::kInput, kTexts);
  for (size_t at = 0; at < mine.size(); ++at) {
    Lines lines = mine;
    lines[at] = other[at];
    EXPECT_EQ(fault_of(lines), Fault::kOtherStream) << at;
    if (at >= input.size()) continue;
    lines[at] = input[at];
    EXPECT_EQ(fault_of(lines), Fault::kOtherStream) << at;
  }
}

// As above, but the header says what the reader wants to hear.
TEST(ConsoleAttack, RelabelledRecords) {
  const Lines honest = output();
  for (size_t field = 0; field < sizeof(RecordHeader); ++field)
    for (int value = 0; value < 256; ++value) {
      uint8_t record[kMaxRecord];
      const size_t size = unarmor(honest[2], record);
      if (record[field] == value) continue;
      record[field] = static_cast<uint8_t>(value);
      Line line;
      line.size = armor(Bytes(record, size), line.text);
      Lines lines = honest;
      lines[2] = std::string(line.text, line.size - 1);
      expect_found(lines);
    }
}

TEST(ConsoleAttack, EndForgedFromAnEarlierRun) {
  Lines lines = output(1);
  lines.resize(3);
  lines.push_back(output(2).back());
  EXPECT_EQ(fault_of(lines), Fault::kNotAuthentic);
}

TEST(ConsoleAttack, RandomMixturesOfRunsAndStreams) {
  std::mt19937 random(7);
  Lines pool;
  for (uint8_t run : {uint8_t{1}, uint8_t{2}})
    for (Stream stream : {Stream::kInput, Stream::kOutput, Stream::kError})
      for (const std::string& line : recorded(test_session(run), stream, kTexts)) pool.push_back(line);
  const Lines honest = output(1), replay = output(2);
  for (int i = 0; i < 20000; ++i) {
    Lines lines = honest;
    for (auto n = static_cast<int>(random() % 3); n >= 0; --n) {
      const auto at = lines.begin() + static_cast<ptrdiff_t>(random() % lines.size());
      switch (random() % 3) {
        case 0:
          *at = pool[random() % pool.size()];
          break;
        case 1:
          lines.insert(at, pool[random() % pool.size()]);
          break;
        default:
          if (lines.size() > 1) lines.erase(at);
      }
    }
    if (lines != honest && lines != replay) expect_found(lines);
  }
}

}  // namespace
}  // namespace scone::console
