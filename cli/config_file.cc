#include "cli/config_file.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdlib>

#include "abi/border.h"
#include "cli/size.h"
#include "cli/whole_file.h"

namespace scone::cli {
namespace {

constexpr size_t kLargestFile = 64 << 10;

struct Command {
  char letter;
  size_t arguments;
  const char* usage;
};
constexpr Command kCommands[] = {
    {'Q', 1, "Q QUEUES"}, {'H', 1, "H SIZE"},         {'P', 1, "P SPINS"},
    {'L', 1, "L SLEEP"},  {'s', 3, "s CORE QUEUE 0"}, {'e', 3, "e CORE QUEUE 0"},
};

using Words = std::vector<std::string_view>;

Words split(std::string_view line) {
  constexpr std::string_view kSpace = " \t\r";
  line = line.substr(0, line.find('#'));
  Words words;
  for (;;) {
    line.remove_prefix(std::min(line.find_first_not_of(kSpace), line.size()));
    if (line.empty()) return words;
    const size_t length = std::min(line.find_first_of(kSpace), line.size());
    words.push_back(line.substr(0, length));
    line.remove_prefix(length);
  }
}

std::optional<int> parse_number(std::string_view text) {
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::string quoted(std::string_view text) { return "'" + std::string(text) + "'"; }

const Command* find_command(std::string_view word) {
  const auto* found = std::ranges::find_if(
      kCommands, [&](const Command& command) { return word == std::string_view(&command.letter, 1); });
  return found == std::end(kCommands) ? nullptr : found;
}

// Each returns what is wrong; empty: nothing.
std::string check_numbers(const Command& command, const Words& words) {
  const bool names_core = command.arguments == 3;
  for (size_t i = 1; i < words.size(); ++i) {
    const auto number = parse_number(words[i]);
    if (!number) return quoted(words[i]) + " is not a number";
    if (*number < 0 && !(names_core && i == 1)) return quoted(words[i]) + " is negative";
  }
  if (names_core && parse_number(words[3]) != 0)
    return "there is no realtime scheduling: the third number must be 0";
  return {};
}

std::string set_heap(ConfigFile& file, std::string_view size) {
  file.heap = parse_heap_size(size);
  return file.heap ? std::string() : quoted(size) + " is no size between 1M and 8T";
}

std::string add_ethread(ConfigFile& file, int core, unsigned line) {
  if (file.ethreads.size() == abi::kMaxEthreads)
    return "more than " + std::to_string(abi::kMaxEthreads) + " ethreads";
  file.ethreads.push_back({core, line});
  return {};
}

std::string obey(ConfigFile& file, const Words& words, unsigned line) {
  const Command* command = find_command(words[0]);
  if (!command) return quoted(words[0]) + " is none of the commands Q, H, P, L, s, e";
  if (words.size() != command->arguments + 1) return std::string("wants ") + command->usage;
  if (command->letter == 'H') return set_heap(file, words[1]);
  if (std::string reason = check_numbers(*command, words); !reason.empty()) return reason;
  if (command->letter == 'e') return add_ethread(file, *parse_number(words[1]), line);
  // Queues, their spinning and the threads that serve them: the runtime chooses itself.
  if (file.ignored.find(command->letter) == std::string::npos) file.ignored += command->letter;
  return {};
}

}  // namespace

std::optional<ConfigFile> parse_config_file(const std::string& path, std::string_view text,
                                            std::string& error) {
  ConfigFile file;
  file.path = path;
  for (unsigned line = 1; !text.empty(); ++line) {
    const size_t length = std::min(text.find('\n'), text.size());
    const Words words = split(text.substr(0, length));
    const std::string reason = words.empty() ? std::string() : obey(file, words, line);
    if (!reason.empty()) {
      error = path + ":" + std::to_string(line) + ": " + reason;
      return std::nullopt;
    }
    text.remove_prefix(std::min(length + 1, text.size()));
  }
  return file;
}

std::optional<ConfigFile> read_config_file(std::string& error) {
  const char* named = getenv(kConfigVariable);
  const bool is_named = named && *named;
  const std::string path = is_named ? named : kDefaultConfigFile;
  if (!is_named && access(path.c_str(), F_OK) != 0 && errno == ENOENT) return ConfigFile{};
  const auto text = read_whole_file(path, kLargestFile, error);
  if (text) return parse_config_file(path, *text, error);
  if (is_named) error = std::string(kConfigVariable) + ": " + error;
  return std::nullopt;
}

}  // namespace scone::cli
