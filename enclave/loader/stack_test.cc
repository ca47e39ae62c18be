#include "enclave/loader/stack.h"

#include <gtest/gtest.h>
#include <linux/auxvec.h>
#include <sys/auxv.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

namespace scone::loader {
namespace {

constexpr uint64_t kTop = 0x7fff0000;
constexpr uint64_t kLimit = 8 << 20;

// Reads an image as a program's start code would.
class View {
 public:
  explicit View(const StackImage& image) : image_(image) {
    uint64_t at = image.pointer();
    const uint64_t argc = word(at);
    at += 8;
    for (uint64_t i = 0; i < argc; ++i, at += 8) arguments.push_back(text(word(at)));
    EXPECT_EQ(word(at), 0u);
    for (at += 8; word(at); at += 8) environment.push_back(text(word(at)));
    for (at += 8; word(at) != AT_NULL; at += 16) {
      order.push_back(word(at));
      auxiliary[word(at)] = word(at + 8);
    }
  }
  uint64_t word(uint64_t address) const {
    uint64_t value;
    std::memcpy(&value, at(address), sizeof value);
    return value;
  }
  std::string text(uint64_t address) const { return reinterpret_cast<const char*>(at(address)); }
  const uint8_t* at(uint64_t address) const { return image_.bytes().data() + (address - image_.pointer()); }

  std::vector<std::string> arguments, environment;
  std::vector<uint64_t> order;
  std::map<uint64_t, uint64_t> auxiliary;

 private:
  const StackImage& image_;
};

AuxiliaryFacts facts() {
  AuxiliaryFacts facts{};
  facts.header_address = 0x400040;
  facts.header_count = 11;
  facts.interpreter_base = 0x10000000;
  facts.entry = 0x401000;
  facts.vdso = 0x20000000;
  facts.hwcap = 0x1f8bfbff;
  facts.hwcap2 = 2;
  facts.min_signal_stack = 3632;
  facts.uid = 1, facts.euid = 2, facts.gid = 3, facts.egid = 4;
  facts.secure = true;
  for (uint8_t i = 0; i < 16; ++i) facts.random[i] = i;
  return facts;
}

TEST(Stack, HoldsWhatWasGiven) {
  const char* const arguments[] = {"prog", "", "two words"};
  const char* const environment[] = {"A=1", "PATH=/bin"};
  auto built =
      StackImage::build({"/bin/prog", arguments, environment}, "/bin/prog", facts(), {kTop, 100, kLimit});
  ASSERT_TRUE(built.ok());
  View view(built.value());
  EXPECT_EQ(view.arguments, (std::vector<std::string>{"prog", "", "two words"}));
  EXPECT_EQ(view.environment, (std::vector<std::string>{"A=1", "PATH=/bin"}));
  EXPECT_EQ(view.auxiliary[AT_PHDR], 0x400040u);
  EXPECT_EQ(view.auxiliary[AT_PHNUM], 11u);
  EXPECT_EQ(view.auxiliary[AT_PHENT], 56u);
  EXPECT_EQ(view.auxiliary[AT_BASE], 0x10000000u);
  EXPECT_EQ(view.auxiliary[AT_ENTRY], 0x401000u);
  EXPECT_EQ(view.auxiliary[AT_PAGESZ], 4096u);
  EXPECT_EQ(view.auxiliary[AT_CLKTCK], 100u);
  EXPECT_EQ(view.auxiliary[AT_UID], 1u);
  EXPECT_EQ(view.auxiliary[AT_EUID], 2u);
  EXPECT_EQ(view.auxiliary[AT_GID], 3u);
  EXPECT_EQ(view.auxiliary[AT_EGID], 4u);
  EXPECT_EQ(view.auxiliary[AT_SECURE], 1u);
  EXPECT_EQ(view.text(view.auxiliary[AT_EXECFN]), "/bin/prog");
  EXPECT_EQ(view.text(view.auxiliary[AT_PLATFORM]), "x86_64");
  for (uint8_t i = 0; i < 16; ++i) EXPECT_EQ(view.at(view.auxiliary[AT_RANDOM])[i], i);
  EXPECT_EQ(view.auxiliary[AT_SYSINFO_EHDR], 0x20000000u);
  EXPECT_EQ(view.word(built.value().auxiliary_begin()), view.order.front());
  EXPECT_EQ(built.value().auxiliary_end() - built.value().auxiliary_begin(), 16 * (view.order.size() + 1));
}

TEST(Stack, IsAlignedForEveryCountAndDisplacement) {
  const char* const strings[] = {"a", "b", "c", "d"};
  for (size_t count = 0; count <= 4; ++count)
    for (uint64_t displacement : {0, 1, 7, 8, 4095, 8191}) {
      auto built =
          StackImage::build({"p", std::span(strings, count), {}}, "p", facts(), {kTop, displacement, kLimit});
      ASSERT_TRUE(built.ok());
      EXPECT_EQ(built.value().pointer() % 16, 0u);
      EXPECT_EQ(built.value().pointer() + built.value().bytes().size(), kTop);
      EXPECT_EQ(View(built.value()).arguments.size(), count);
    }
}

int build_error(std::span<const char* const> arguments, uint64_t limit) {
  auto built = StackImage::build({"p", arguments, {}}, "p", facts(), {kTop, 0, limit});
  return built.ok() ? 0 : built.error().code();
}

TEST(Stack, TooLongArgumentsAreE2big) {
  const std::string longest(kMaxArgument - 1, 'x'), too_long(kMaxArgument, 'x');
  const char* one[] = {longest.c_str()};
  EXPECT_EQ(build_error(one, kLimit), 0);
  one[0] = too_long.c_str();
  EXPECT_EQ(build_error(one, kLimit), E2BIG);
  // Seventeen of them are more than a quarter of 8 MiB; one is more than the 128 KiB that are always allowed.
  std::vector<const char*> many(17, longest.c_str());
  EXPECT_EQ(build_error(many, kLimit), E2BIG);
  EXPECT_EQ(build_error(many, 4 * kLimit), 0);
  EXPECT_EQ(build_error({many.data(), 1}, 4096), E2BIG);
  // However large the limit, 6 MiB is the most.
  many.assign(50, longest.c_str());
  EXPECT_EQ(build_error(many, ~uint64_t{0}), E2BIG);
  // Pointers count as well.
  std::vector<const char*> empty(300'000, "");
  EXPECT_EQ(build_error(empty, kLimit), E2BIG);
}

// The kernel's own work: the stack this test process was started with.
struct NativeStack {
  uint64_t pointer = 0;
  std::vector<const char*> arguments, environment;
  std::vector<uint64_t> order, pointers;  // of the auxiliary types; all words up to AT_NULL
  std::map<uint64_t, uint64_t> auxiliary;

  NativeStack() {
    std::ifstream stat("/proc/self/stat");
    std::string line((std::istreambuf_iterator<char>(stat)), {});
    std::istringstream fields(line.substr(line.rfind(')') + 2));
    std::string field;
    for (int i = 3; i <= 28; ++i) fields >> field;  // startstack
    pointer = std::stoull(field);
    const auto* words = reinterpret_cast<const uint64_t*>(pointer);
    size_t i = 1;
    for (; words[i]; ++i) arguments.push_back(reinterpret_cast<const char*>(words[i]));
    for (++i; words[i]; ++i) environment.push_back(reinterpret_cast<const char*>(words[i]));
    for (++i; words[i] != AT_NULL; i += 2) {
      order.push_back(words[i]);
      auxiliary[words[i]] = words[i + 1];
    }
    pointers.assign(words, words + i);
  }
};

// As it was before main(): GoogleTest takes its options out of argv.
const NativeStack native_at_start;

AuxiliaryFacts facts_of(NativeStack& native) {
  AuxiliaryFacts facts{};
  auto& auxiliary = native.auxiliary;
  facts.header_address = auxiliary[AT_PHDR];
  facts.header_count = auxiliary[AT_PHNUM];
  facts.interpreter_base = auxiliary[AT_BASE];
  facts.entry = auxiliary[AT_ENTRY];
  facts.vdso = auxiliary[AT_SYSINFO_EHDR];
  facts.hwcap = auxiliary[AT_HWCAP];
  facts.hwcap2 = auxiliary[AT_HWCAP2];
  facts.min_signal_stack = auxiliary[51];
  facts.uid = getuid(), facts.euid = geteuid(), facts.gid = getgid(), facts.egid = getegid();
  std::memcpy(facts.random.data(), reinterpret_cast<const void*>(auxiliary[AT_RANDOM]), 16);
  return facts;
}

TEST(Stack, IsWhatTheKernelBuilt) {
  NativeStack native = native_at_start;
  if (native.pointer == 0 || native.arguments.empty()) GTEST_SKIP() << "/proc/self/stat hides the stack";
  const auto* path = reinterpret_cast<const char*>(native.auxiliary[AT_EXECFN]);
  const uint64_t top = reinterpret_cast<uint64_t>(path) + std::strlen(path) + 1 + 8;
  ASSERT_EQ(top % 4096, 0u) << "the kernel leaves a word above the strings";
  const uint64_t strings = reinterpret_cast<uint64_t>(native.arguments[0]);
  // The kernel's random displacement, as far as it shows after alignment.
  const uint64_t displacement = strings - (native.auxiliary[AT_PLATFORM] + sizeof "x86_64");

  auto built = StackImage::build({path, native.arguments, native.environment}, path, facts_of(native),
                                 {top, displacement, uint64_t{64} << 20});
  ASSERT_TRUE(built.ok());
  const StackImage& image = built.value();
  // The strings, byte for byte and at the same addresses.
  ASSERT_EQ(image.arguments_begin(), strings);
  const uint8_t* ours = image.bytes().data() + (strings - image.pointer());
  EXPECT_EQ(std::memcmp(ours, reinterpret_cast<const void*>(strings), top - strings), 0);
  // The pointers to them.
  View view(image);
  const size_t pointers = native.arguments.size() + native.environment.size() + 3;
  for (size_t i = 0; i < pointers; ++i) ASSERT_EQ(view.word(image.pointer() + 8 * i), native.pointers[i]) << i;
  // What we give of the auxiliary vector, in the kernel's order and with its values.
  std::erase_if(native.order, [&](uint64_t type) { return !view.auxiliary.contains(type); });
  EXPECT_EQ(view.order, native.order);
  for (auto [type, value] : view.auxiliary) EXPECT_EQ(value, native.auxiliary[type]) << "type " << type;
}

}  // namespace
}  // namespace scone::loader
