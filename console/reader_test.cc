#include "console/reader.h"

#include <gtest/gtest.h>

#include "console/test_stream.h"

namespace scone::console {
namespace {

TEST(Records, GiveBackEachStream) {
  for (Stream stream : {Stream::kInput, Stream::kOutput, Stream::kError})
    for (bool with_client : {false, true}) {
      const std::string large(kMaxPayload, 'z');
      const auto lines = recorded(test_session(1, with_client), stream, {"hello ", "world\n", large});
      const Reading got = read_all(stream, lines);
      EXPECT_EQ(got.fault, Fault::kNone) << describe(got.fault);
      EXPECT_EQ(got.data, "hello world\n" + large);
    }
}

TEST(Records, CarryTheExitStatusAndTheWindow) {
  RecordReader reader(test_key(), Stream::kOutput);
  Record record;
  for (const std::string& line : recorded(test_session(1), Stream::kOutput, {}, 0x300))
    ASSERT_EQ(reader.read(line, record), Fault::kNone);
  EXPECT_EQ(record.type, RecordType::kEnd);
  EXPECT_EQ(wait_status(record), 0x300u);

  RecordWriter writer(Stream::kInput);
  RecordReader input(test_key(), Stream::kInput);
  Line line;
  ASSERT_TRUE(writer.hello(test_key(), test_session(1), line).ok());
  ASSERT_EQ(input.read({line.text, line.size - 1}, record), Fault::kNone);
  ASSERT_TRUE(writer.terminal({24, 80}, line).ok());
  ASSERT_EQ(input.read({line.text, line.size - 1}, record), Fault::kNone);
  EXPECT_EQ(record.type, RecordType::kTerminal);
  EXPECT_EQ(terminal_size(record).rows, 24);
  EXPECT_EQ(terminal_size(record).columns, 80);
}

TEST(Records, ShowNothing) {
  const std::string secret = "a canary that nobody sees";
  std::string all;
  for (const std::string& line : recorded(test_session(1), Stream::kOutput, {secret})) {
    uint8_t record[kMaxRecord];
    const size_t size = unarmor(line, record);
    all.append(reinterpret_cast<const char*>(record), size);
  }
  EXPECT_EQ(all.find("canary"), std::string::npos);
  EXPECT_NE(recorded(test_session(1), Stream::kOutput, {"x"})[1],
            recorded(test_session(2), Stream::kOutput, {"x"})[1]);
  EXPECT_NE(recorded(test_session(1), Stream::kOutput, {"x", "x"})[1],
            recorded(test_session(1), Stream::kOutput, {"x", "x"})[2]);
}

TEST(Records, AreRefusedUnderAnotherKey) {
  const std::vector<uint8_t> other(kKeySize, 0x43);
  RecordReader reader(test_key(other), Stream::kOutput);
  EXPECT_EQ(read_all(reader, recorded(test_session(1), Stream::kOutput, {"x"})).fault, Fault::kNotAuthentic);
}

// The layout that docs/formats/console.md states.
TEST(Records, GoldenLayout) {
  uint8_t record[kMaxRecord];
  const auto lines = recorded(test_session(7), Stream::kError, {"abc"});
  ASSERT_EQ(unarmor(lines[0], record), 16u + 64 + 16);
  EXPECT_TRUE(std::equal(record, record + 16, std::begin({1, 2, 2, 0, 64, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0})));
  EXPECT_EQ(record[16], 7);
  EXPECT_EQ(record[48], 0);
  ASSERT_EQ(unarmor(lines[1], record), 16u + 3 + 16);
  EXPECT_TRUE(std::equal(record, record + 16, std::begin({1, 2, 3, 0, 3, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0})));
}

TEST(Records, WithoutAClientCannotPassForOnesWith) {
  const Session mine = test_session(9, true);
  RecordReader reader(test_key(), Stream::kError);
  reader.expect(mine);
  EXPECT_EQ(read_all(reader, recorded(test_session(9), Stream::kError, {"x"})).fault, Fault::kStale);
}

}  // namespace
}  // namespace scone::console
