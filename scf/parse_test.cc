#include "scf/parse.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "scf/encode.h"

namespace scone::scf {
namespace {

using namespace std::string_literals;

const std::vector<uint8_t> kKey(kKeySize, 0x5a), kTag(kMinTag, 0x7b);

// All fields; the strings are literals.
Configuration full() {
  Configuration configuration;
  configuration.arguments = StringList({"prog\0-x\0\0", 9});  // the last argument is empty
  configuration.environment = StringList({"A=1\0B=\0", 7});
  configuration.program = "/bin/prog";
  configuration.working_directory = "/srv";
  configuration.fspf = Fspf{"/fspf", kKey, kTag, true};
  configuration.console = Console{kKey, ConsoleMode::kLog};
  return configuration;
}

std::vector<uint8_t> body_of(const Configuration& configuration) {
  std::vector<uint8_t> body(encoded_size(configuration));
  encode(configuration, body);
  return body;
}

std::vector<uint8_t> field(uint32_t type, const std::string& content) {
  std::vector<uint8_t> result(8);
  const auto length = static_cast<uint32_t>(content.size());
  memcpy(result.data(), &type, 4);
  memcpy(result.data() + 4, &length, 4);
  result.insert(result.end(), content.begin(), content.end());
  return result;
}

Defect parse_fields(std::initializer_list<std::vector<uint8_t>> fields) {
  std::vector<uint8_t> body;
  for (const auto& one : fields) body.insert(body.end(), one.begin(), one.end());
  Configuration configuration;
  return parse(body, configuration);
}

std::vector<std::string> strings(const StringList& list) {
  std::vector<std::string> result;
  for (std::string_view text : list) result.emplace_back(text);
  return result;
}

const std::vector<uint8_t> kArguments = field(1, "p\0"s);

TEST(ScfParse, GivesBackWhatWasEncoded) {
  const std::vector<uint8_t> body = body_of(full());
  Configuration got;
  ASSERT_EQ(parse(body, got), Defect::kNone);
  EXPECT_EQ(strings(got.arguments), (std::vector<std::string>{"prog", "-x", ""}));
  EXPECT_EQ(got.arguments.count(), 3u);
  EXPECT_EQ(strings(got.environment), (std::vector<std::string>{"A=1", "B="}));
  EXPECT_EQ(got.program, "/bin/prog");
  EXPECT_EQ(got.working_directory, "/srv");
  ASSERT_TRUE(got.fspf && got.console);
  EXPECT_EQ(got.fspf->path, "/fspf");
  EXPECT_TRUE(std::ranges::equal(got.fspf->key, kKey));
  EXPECT_TRUE(std::ranges::equal(got.fspf->tag, kTag));
  EXPECT_TRUE(got.fspf->is_mutable);
  EXPECT_EQ(got.console->mode, ConsoleMode::kLog);
  EXPECT_EQ(body_of(got), body);
}

TEST(ScfParse, WhatIsOptionalMayBeMissing) {
  EXPECT_EQ(parse_fields({kArguments}), Defect::kNone);
  EXPECT_EQ(parse_fields({}), Defect::kNoArguments);
  EXPECT_EQ(parse_fields({field(1, "")}), Defect::kFieldSize);
}

TEST(ScfParse, RefusesEachDefectByName) {
  EXPECT_EQ(parse_fields({kArguments, {1, 2, 3}}), Defect::kCutField);
  EXPECT_EQ(parse_fields({kArguments, {2, 0, 0, 0, 0xff, 0xff, 0xff, 0xff}}), Defect::kCutField);
  EXPECT_EQ(parse_fields({kArguments, field(11, "x")}), Defect::kUnknownField);
  EXPECT_EQ(parse_fields({kArguments, kArguments}), Defect::kFieldOrder);
  EXPECT_EQ(parse_fields({field(0, "")}), Defect::kFieldOrder);
  EXPECT_EQ(parse_fields({field(2, "A=1\0"s), kArguments}), Defect::kFieldOrder);
  EXPECT_EQ(parse_fields({field(1, "p")}), Defect::kUnterminated);
  EXPECT_EQ(parse_fields({kArguments, field(2, "=x\0"s)}), Defect::kBadVariable);
  EXPECT_EQ(parse_fields({kArguments, field(2, "A=1\0x\0"s)}), Defect::kBadVariable);
  EXPECT_EQ(parse_fields({kArguments, field(3, "bin\0"s)}), Defect::kRelativePath);
  EXPECT_EQ(parse_fields({kArguments, field(3, "/a\0b\0"s)}), Defect::kEmbeddedNul);
  EXPECT_EQ(parse_fields({kArguments, field(4, "\0"s)}), Defect::kFieldSize);
  EXPECT_EQ(parse_fields({kArguments, field(5, "/f\0"s)}), Defect::kIncomplete);
  EXPECT_EQ(parse_fields({kArguments, field(6, std::string(31, 'k'))}), Defect::kFieldSize);
  EXPECT_EQ(parse_fields({kArguments, field(9, std::string(32, 'k'))}), Defect::kIncomplete);
  EXPECT_EQ(parse_fields({kArguments, field(9, std::string(32, 'k')), field(10, "\3"s)}), Defect::kBadValue);
  EXPECT_EQ(parse_fields({kArguments, field(9, std::string(32, 'k')), field(10, "\1\1"s)}),
            Defect::kFieldSize);
}

TEST(ScfParse, RefusesEveryTruncation) {
  const std::vector<uint8_t> body = body_of(full());
  Configuration got;
  size_t accepted = 0;
  for (size_t size = 0; size < body.size(); ++size)
    accepted += parse(Bytes(body).first(size), got) == Defect::kNone;
  // A body may well end after a whole field, if nothing that belongs together was parted. The envelope knows its size.
  EXPECT_LE(accepted, 5u);
}

TEST(ScfParse, SurvivesRandomBodies) {
  std::mt19937 random(1);
  const std::vector<uint8_t> body = body_of(full());
  for (int i = 0; i < 100000; ++i) {
    std::vector<uint8_t> changed = body;
    for (auto n = static_cast<int>(random() % 3); n >= 0; --n)
      changed[random() % changed.size()] = static_cast<uint8_t>(random());
    changed.resize(changed.size() - random() % 4);
    Configuration got;
    if (parse(changed, got) != Defect::kNone) continue;
    EXPECT_EQ(body_of(got), changed) << "two bodies for one configuration";
  }
}

}  // namespace
}  // namespace scone::scf
