#include "enclave/loader/argument_list.h"

#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <vector>

namespace scone::loader {
namespace {

std::vector<std::string> strings(const ArgumentList& list) {
  return {list.list().begin(), list.list().end()};
}

ScriptLine line(const char* interpreter, const char* argument = "") {
  ScriptLine result{};
  std::strcpy(result.interpreter, interpreter);
  std::strcpy(result.argument, argument);
  return result;
}

TEST(ArgumentList, AScriptsNameTakesThePlaceOfArgvZero) {
  const char* const argv[] = {"shown", "a", "b", nullptr};
  ArgumentList list;
  ASSERT_TRUE(list.assign(list_of(argv)).ok());
  EXPECT_EQ(strings(list), (std::vector<std::string>{"shown", "a", "b"}));
  const ScriptLine sh = line("/bin/sh", "-e");
  list.run_by("./script", sh);
  EXPECT_EQ(strings(list), (std::vector<std::string>{"/bin/sh", "-e", "./script", "a", "b"}));
}

TEST(ArgumentList, ScriptsRunByScripts) {
  const char* const argv[] = {"x", nullptr};
  ArgumentList list;
  ASSERT_TRUE(list.assign(list_of(argv)).ok());
  std::vector<ScriptLine> lines;
  for (int i = 0; i < kMaxScriptDepth; ++i) lines.push_back(line(("/i" + std::to_string(i)).c_str(), "arg"));
  list.run_by("/script", lines[0]);
  for (int i = 1; i < kMaxScriptDepth; ++i) list.run_by(lines[i - 1].interpreter, lines[i]);
  EXPECT_EQ(strings(list), (std::vector<std::string>{"/i4", "arg", "/i3", "arg", "/i2", "arg", "/i1", "arg",
                                                     "/i0", "arg", "/script"}));
}

TEST(ArgumentList, NoProgramIsStartedWithoutArgvZero) {
  const char* const argv[] = {nullptr};
  ArgumentList list;
  ASSERT_TRUE(list.assign(list_of(argv)).ok());
  EXPECT_EQ(strings(list), std::vector<std::string>{""});
}

}  // namespace
}  // namespace scone::loader
