#include "scf/parse.h"

#include "scf/field.h"

namespace scone::scf {
namespace {

uint32_t load32(const uint8_t* from) {
  uint32_t value;
  __builtin_memcpy(&value, from, sizeof value);
  return value;
}

std::string_view text_of(Bytes bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

Defect read_list(Bytes bytes, StringList& list) {
  if (bytes.empty()) return Defect::kFieldSize;
  if (bytes.back() != '\0') return Defect::kUnterminated;
  list = StringList(text_of(bytes));
  return Defect::kNone;
}

// One string, without its NUL; not empty.
Defect read_text(Bytes bytes, std::string_view& text) {
  if (bytes.size() < 2) return Defect::kFieldSize;
  if (bytes.back() != '\0') return Defect::kUnterminated;
  text = text_of(bytes.first(bytes.size() - 1));
  return text.find('\0') == std::string_view::npos ? Defect::kNone : Defect::kEmbeddedNul;
}

Defect read_path(Bytes bytes, std::string_view& path) {
  const Defect defect = read_text(bytes, path);
  if (defect != Defect::kNone) return defect;
  return path.front() == '/' ? Defect::kNone : Defect::kRelativePath;
}

Defect read_bytes(Bytes bytes, size_t smallest, size_t largest, Bytes& result) {
  if (bytes.size() < smallest || bytes.size() > largest) return Defect::kFieldSize;
  result = bytes;
  return Defect::kNone;
}

// A byte between `lowest` and `highest`.
Defect read_byte(Bytes bytes, uint8_t lowest, uint8_t highest, uint8_t& value) {
  if (bytes.size() != 1) return Defect::kFieldSize;
  value = bytes[0];
  return value >= lowest && value <= highest ? Defect::kNone : Defect::kBadValue;
}

Defect read_environment(Bytes bytes, StringList& list) {
  const Defect defect = read_list(bytes, list);
  if (defect != Defect::kNone) return defect;
  for (std::string_view variable : list) {
    const size_t name = variable.find('=');
    if (name == 0 || name == std::string_view::npos) return Defect::kBadVariable;
  }
  return Defect::kNone;
}

// The optional ones, before it is known that they are complete.
struct Parts {
  Fspf fspf;
  Console console;
  uint32_t seen = 0;  // bit n: FieldType n
  bool has(FieldType type) const { return seen >> static_cast<uint32_t>(type) & 1; }
};

Defect read_fspf_mutable(Bytes bytes, Fspf& fspf) {
  uint8_t value = 0;
  const Defect defect = read_byte(bytes, 0, 1, value);
  fspf.is_mutable = value == 1;
  return defect;
}

Defect read_console_mode(Bytes bytes, Console& console) {
  uint8_t value = 0;
  const Defect defect = read_byte(bytes, 1, 2, value);
  if (defect == Defect::kNone) console.mode = static_cast<ConsoleMode>(value);
  return defect;
}

Defect read_field(FieldType type, Bytes bytes, Configuration& configuration, Parts& parts) {
  switch (type) {
    case FieldType::kArguments:
      return read_list(bytes, configuration.arguments);
    case FieldType::kEnvironment:
      return read_environment(bytes, configuration.environment);
    case FieldType::kProgram:
      return read_path(bytes, configuration.program);
    case FieldType::kWorkingDirectory:
      return read_path(bytes, configuration.working_directory);
    case FieldType::kFspfPath:
      return read_path(bytes, parts.fspf.path);
    case FieldType::kFspfKey:
      return read_bytes(bytes, kKeySize, kKeySize, parts.fspf.key);
    case FieldType::kFspfTag:
      return read_bytes(bytes, kMinTag, kMaxTag, parts.fspf.tag);
    case FieldType::kFspfMutable:
      return read_fspf_mutable(bytes, parts.fspf);
    case FieldType::kConsoleKey:
      return read_bytes(bytes, kKeySize, kKeySize, parts.console.key);
    case FieldType::kConsoleMode:
      return read_console_mode(bytes, parts.console);
  }
  return Defect::kUnknownField;
}

// What belongs together is all there, or nothing of it is.
Defect complete(Configuration& configuration, const Parts& parts) {
  if (configuration.arguments.bytes().empty()) return Defect::kNoArguments;
  const bool path = parts.has(FieldType::kFspfPath);
  for (FieldType type : {FieldType::kFspfKey, FieldType::kFspfTag, FieldType::kFspfMutable})
    if (parts.has(type) != path) return Defect::kIncomplete;
  if (parts.has(FieldType::kConsoleKey) != parts.has(FieldType::kConsoleMode)) return Defect::kIncomplete;
  if (path) configuration.fspf = parts.fspf;
  if (parts.has(FieldType::kConsoleKey)) configuration.console = parts.console;
  return Defect::kNone;
}

}  // namespace

Defect parse(Bytes body, Configuration& configuration) {
  configuration = {};
  if (body.size() > kMaxBody) return Defect::kTooLarge;
  Parts parts;
  uint32_t last = 0;
  while (!body.empty()) {
    if (body.size() < kFieldHeaderSize) return Defect::kCutField;
    const uint32_t type = load32(body.data());
    const uint32_t length = load32(body.data() + 4);
    body = body.subspan(kFieldHeaderSize);
    if (length > body.size()) return Defect::kCutField;
    if (type <= last) return Defect::kFieldOrder;
    last = type;
    if (type > static_cast<uint32_t>(FieldType::kConsoleMode)) return Defect::kUnknownField;
    parts.seen |= uint32_t{1} << type;
    const Defect defect = read_field(static_cast<FieldType>(type), body.first(length), configuration, parts);
    if (defect != Defect::kNone) return defect;
    body = body.subspan(length);
  }
  return complete(configuration, parts);
}

}  // namespace scone::scf
