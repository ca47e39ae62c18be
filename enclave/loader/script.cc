#include "enclave/loader/script.h"

#include <string_view>

#include "enclave/runtime/memory.h"

namespace scone::loader {
namespace {

constexpr std::string_view kBlank = " \t";
constexpr std::string_view kWordEnd{" \t\0", 3};

void copy_out(std::string_view text, char (&to)[kScriptHead]) {
  memcpy(to, text.data(), text.size());
  to[text.size()] = '\0';
}

// The line without its newline. One that is longer than what is looked at may have lost the end of its argument, as
// on Linux, but not the end of the interpreter's name: then the result is empty.
std::string_view first_line(std::span<const uint8_t> head) {
  // SAFETY: bytes seen as characters.
  std::string_view all(reinterpret_cast<const char*>(head.data()), head.size());
  const size_t newline = all.find('\n');
  if (newline != std::string_view::npos) return all.substr(0, newline);
  if (all.size() < kScriptHead) return all;  // the file ends here
  all = all.substr(0, kScriptHead - 1);
  const size_t name = all.find_first_not_of(kBlank, 2);
  if (name == std::string_view::npos || all.find_first_of(kWordEnd, name) == std::string_view::npos)
    return {};
  return all;
}

}  // namespace

Result<void> parse_script(std::span<const uint8_t> head, ScriptLine& line, Reason& why) {
  std::string_view text = first_line(head.first(head.size() < kScriptHead ? head.size() : kScriptHead));
  const size_t last = text.find_last_not_of(kBlank);
  if (last == std::string_view::npos) return refuse(Reason::kBadScript, why);
  text = text.substr(0, last + 1);
  const size_t name = text.find_first_not_of(kBlank, 2);
  if (name == std::string_view::npos || text[name] == '\0') return refuse(Reason::kBadScript, why);
  const size_t name_end = text.find_first_of(kWordEnd, name);
  copy_out(text.substr(name, name_end - name), line.interpreter);
  line.argument[0] = '\0';
  if (name_end == std::string_view::npos || text[name_end] == '\0') return ok();
  const size_t argument = text.find_first_not_of(kBlank, name_end);
  if (argument == std::string_view::npos) return ok();
  text = text.substr(argument);
  copy_out(text.substr(0, text.find('\0')), line.argument);
  return ok();
}

}  // namespace scone::loader
