#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "bench/load/histogram.h"
#include "bench/load/plan.h"
#include "bench/load/protocol.h"

namespace scone::bench {
namespace {

TEST(Histogram, QuantilesAreRightToAFewPercent) {
  Histogram histogram;
  for (uint64_t i = 1; i <= 100'000; ++i) histogram.add(i * 1000);
  EXPECT_NEAR(static_cast<double>(histogram.quantile(0.5)), 50e6, 50e6 * 0.04);
  EXPECT_NEAR(static_cast<double>(histogram.quantile(0.99)), 99e6, 99e6 * 0.04);
}

TEST(Histogram, ExtremesHaveBuckets) {
  Histogram histogram;
  EXPECT_EQ(histogram.quantile(0.5), 0u);
  histogram.add(0);
  EXPECT_EQ(histogram.quantile(1), 0u);
  histogram.add(UINT64_MAX);
  EXPECT_EQ(histogram.quantile(1), UINT64_MAX);
}

TEST(Plan, IsTheSameEachTimeWithTheWantedWritesAndPopularKeys) {
  Options options;
  options.keys = 1000;
  Plan plan(options), again(options);
  std::map<uint32_t, int> of_key;
  int writes = 0;
  constexpr int kCount = 100'000;
  for (int i = 0; i < kCount; ++i) {
    const Request request = plan.next(), same = again.next();
    ASSERT_TRUE(request.key == same.key && request.write == same.write);
    ASSERT_LT(request.key, options.keys);
    ++of_key[request.key];
    writes += request.write;
  }
  EXPECT_NEAR(writes, kCount / 10, kCount / 100);
  int most = 0;
  for (const auto& [key, count] : of_key) most = std::max(most, count);
  EXPECT_NEAR(most, kCount / 7.7, kCount / 50);  // 1 ÷ the sum of k^-0.99 for k = 1…1000
}

TEST(Plan, FillsEachKeyOnce) {
  Options options;
  options.keys = 100;
  options.fill = true;
  Plan plan(options);
  for (uint32_t key = 0; key < options.keys; ++key) {
    const Request request = plan.next();
    EXPECT_TRUE(request.key == key && request.write);
  }
}

struct Dialogue {
  std::unique_ptr<Protocol> protocol;
  std::string value_answer, stored_answer, missing_answer;
};

Dialogue memcached(const Options& options) {
  return {make_memcached(options), "VALUE key:0000000007 0 20\r\n" + value_of(7, 20) + "\r\nEND\r\n",
          "STORED\r\n", "END\r\n"};
}
Dialogue redis(const Options& options) {
  return {make_redis(options), "$20\r\n" + value_of(7, 20) + "\r\n", "+OK\r\n", "$-1\r\n"};
}

class ProtocolTest : public testing::TestWithParam<const char*> {
 protected:
  static Options options() {
    Options options;
    options.value_size = 20;
    return options;
  }
  Dialogue dialogue_ = std::string_view(GetParam()) == "redis" ? redis(options()) : memcached(options());
};

TEST_P(ProtocolTest, AnAnswerIsCompleteAtItsLastByte) {
  for (const bool write : {false, true}) {
    const std::string answer = write ? dialogue_.stored_answer : dialogue_.value_answer;
    for (size_t length = 0; length < answer.size(); ++length)
      EXPECT_EQ(dialogue_.protocol->answer_length(answer.substr(0, length), {7, write}), 0u) << length;
    EXPECT_EQ(dialogue_.protocol->answer_length(answer + answer, {7, write}), answer.size());
  }
}

TEST_P(ProtocolTest, AnotherKeysValueIsAWrongAnswer) {
  EXPECT_THROW(dialogue_.protocol->answer_length(dialogue_.value_answer, {8, false}), WrongAnswer);
}

TEST_P(ProtocolTest, AMissingKeyOrAnErrorIsAWrongAnswer) {
  EXPECT_THROW(dialogue_.protocol->answer_length(dialogue_.missing_answer, {7, false}), WrongAnswer);
  EXPECT_THROW(dialogue_.protocol->answer_length("-ERR no\r\n", {7, true}), WrongAnswer);
  EXPECT_THROW(dialogue_.protocol->answer_length("ERROR\r\n", {7, true}), WrongAnswer);
}

INSTANTIATE_TEST_SUITE_P(Both, ProtocolTest, testing::Values("memcached", "redis"),
                         [](const auto& info) { return std::string(info.param); });

}  // namespace
}  // namespace scone::bench
