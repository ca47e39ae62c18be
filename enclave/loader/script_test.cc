#include "enclave/loader/script.h"

#include <gtest/gtest.h>

#include <string>

namespace scone::loader {
namespace {

struct Parsed {
  bool ok;
  std::string interpreter, argument;
};
Parsed parse(const std::string& text) {
  ScriptLine line{};
  Reason why = Reason::kNone;
  std::span<const uint8_t> head(reinterpret_cast<const uint8_t*>(text.data()),
                                std::min(text.size(), kScriptHead));
  const bool ok = parse_script(head, line, why).ok();
  EXPECT_EQ(why, ok ? Reason::kNone : Reason::kBadScript);
  return ok ? Parsed{true, line.interpreter, line.argument} : Parsed{};
}

void expect(const std::string& text, const std::string& interpreter, const std::string& argument = "") {
  Parsed parsed = parse(text);
  EXPECT_TRUE(parsed.ok) << text;
  EXPECT_EQ(parsed.interpreter, interpreter) << text;
  EXPECT_EQ(parsed.argument, argument) << text;
}

TEST(Script, InterpreterAndArgument) {
  expect("#!/bin/sh\nexit 0\n", "/bin/sh");
  expect("#! /bin/sh\n", "/bin/sh");
  expect("#!\t /bin/sh \t\n", "/bin/sh");
  expect("#!/usr/bin/env python3\n", "/usr/bin/env", "python3");
  expect("#!/bin/sh", "/bin/sh");
}

TEST(Script, TheRestOfTheLineIsOneArgument) {
  expect("#!/usr/bin/perl -w  -T \n", "/usr/bin/perl", "-w  -T");
}

TEST(Script, NulEndsNameAndArgument) {
  expect(std::string("#!/bin/sh\0 x\n", 13), "/bin/sh");
  expect(std::string("#!/bin/sh a\0b\n", 14), "/bin/sh", "a");
}

TEST(Script, RefusesALineWithoutInterpreter) {
  EXPECT_FALSE(parse("#!").ok);
  EXPECT_FALSE(parse("#!\n").ok);
  EXPECT_FALSE(parse("#!  \t \nfoo\n").ok);
  EXPECT_FALSE(parse("#!" + std::string(400, ' ')).ok);
  EXPECT_FALSE(parse(std::string("#!\0/bin/sh\n", 11)).ok);
}

TEST(Script, ALongLineMayLoseItsArgumentsEndButNotTheName) {
  EXPECT_FALSE(parse("#!/" + std::string(300, 'x') + "\n").ok);
  expect("#!/bin/sh " + std::string(300, 'x') + "\n", "/bin/sh", std::string(kScriptHead - 1 - 10, 'x'));
  // The longest name there can be.
  expect("#!" + std::string(253, 'x') + "\n", std::string(253, 'x'));
}

TEST(Script, IsRecognisedByItsFirstTwoBytes) {
  const uint8_t script[] = {'#', '!'}, comment[] = {'#', ' '}, short_file[] = {'#'};
  EXPECT_TRUE(is_script(script));
  EXPECT_FALSE(is_script(comment));
  EXPECT_FALSE(is_script(short_file));
}

}  // namespace
}  // namespace scone::loader
