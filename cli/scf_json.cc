#include "cli/scf_json.h"

#include <nlohmann/json.hpp>

#include "cli/key.h"

namespace scone::cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kHidden = "hidden; see --secrets";

// Thrown within this file only: what is wrong, with its place.
struct Problem {
  std::string text;
};

scf::Bytes bytes_of(const std::string& text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}
std::string string_of(scf::Bytes bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

void allow_only(const Json& object, const std::string& where, std::initializer_list<const char*> names) {
  if (!object.is_object()) throw Problem{where + ": wants an object"};
  for (const auto& [name, value] : object.items())
    if (std::find(names.begin(), names.end(), name) == names.end())
      throw Problem{where + ": knows no member '" + name + "'"};
}

std::string text_of(const Json& value, const std::string& where) {
  if (!value.is_string()) throw Problem{where + ": wants a text"};
  const auto& text = value.get_ref<const std::string&>();
  if (text.find('\0') != std::string::npos) throw Problem{where + ": holds a NUL"};
  return text;
}

std::string member(const Json& object, const char* name, const std::string& where) {
  if (!object.contains(name)) throw Problem{where + ": lacks '" + name + "'"};
  return text_of(object[name], where + "." + name);
}

std::string hex_of(const std::string& text, size_t smallest, size_t largest, const std::string& where) {
  const auto bytes = from_hex(text);
  if (!bytes || bytes->size() < smallest || bytes->size() > largest)
    throw Problem{where + ": wants " + std::to_string(2 * smallest) +
                  (smallest == largest ? "" : " to " + std::to_string(2 * largest)) + " hexadecimal digits"};
  return *bytes;
}

std::string read_arguments(const Json& document) {
  if (!document.contains("arguments") || !document["arguments"].is_array() || document["arguments"].empty())
    throw Problem{"arguments: wants a list with at least the program's name"};
  std::string texts;
  for (const Json& value : document["arguments"]) texts += text_of(value, "arguments") + '\0';
  return texts;
}

std::string read_environment(const Json& document) {
  std::string texts;
  if (!document.contains("environment")) return texts;
  const Json& object = document["environment"];
  if (!object.is_object()) throw Problem{"environment: wants an object of names and texts"};
  for (const auto& [name, value] : object.items()) {
    if (name.empty() || name.find('=') != std::string::npos || name.find('\0') != std::string::npos)
      throw Problem{"environment: '" + name + "' is no name of a variable"};
    texts += name + "=" + text_of(value, "environment." + name) + '\0';
  }
  return texts;
}

std::string read_path(const Json& document, const char* name) {
  if (!document.contains(name)) return {};
  std::string path = text_of(document[name], name);
  if (!path.starts_with('/')) throw Problem{std::string(name) + ": wants an absolute path"};
  return path;
}

ScfText::Fspf read_fspf(const Json& object) {
  allow_only(object, "fspf", {"path", "key", "tag", "mutable"});
  ScfText::Fspf fspf;
  fspf.path = member(object, "path", "fspf");
  if (!fspf.path.starts_with('/')) throw Problem{"fspf.path: wants an absolute path"};
  fspf.key = hex_of(member(object, "key", "fspf"), scf::kKeySize, scf::kKeySize, "fspf.key");
  fspf.tag = hex_of(member(object, "tag", "fspf"), scf::kMinTag, scf::kMaxTag, "fspf.tag");
  if (!object.contains("mutable")) return fspf;
  if (!object["mutable"].is_boolean()) throw Problem{"fspf.mutable: wants true or false"};
  fspf.is_mutable = object["mutable"].get<bool>();
  return fspf;
}

std::string fresh_key() {
  Key key;
  std::string error;
  if (!make_key(key, error)) throw Problem{error};
  return string_of(key.bytes());
}

ScfText::Console read_console(const Json& object) {
  allow_only(object, "console", {"key", "mode"});
  ScfText::Console console;
  const std::string key = member(object, "key", "console");
  console.key = key == "fresh" ? fresh_key() : hex_of(key, scf::kKeySize, scf::kKeySize, "console.key");
  if (!object.contains("mode")) return console;
  const std::string mode = text_of(object["mode"], "console.mode");
  if (mode != "interactive" && mode != "log") throw Problem{"console.mode: wants interactive or log"};
  if (mode == "log") console.mode = scf::ConsoleMode::kLog;
  return console;
}

ScfText read_document(const Json& document) {
  allow_only(document, "the configuration",
             {"arguments", "environment", "program", "working_directory", "fspf", "console"});
  ScfText text;
  text.arguments = read_arguments(document);
  text.environment = read_environment(document);
  text.program = read_path(document, "program");
  text.working_directory = read_path(document, "working_directory");
  if (document.contains("fspf")) text.fspf = read_fspf(document["fspf"]);
  if (document.contains("console")) text.console = read_console(document["console"]);
  return text;
}

Json environment_of(const scf::StringList& list) {
  Json object = Json::object();
  for (std::string_view variable : list) {
    const size_t name = variable.find('=');
    object[std::string(variable.substr(0, name))] = std::string(variable.substr(name + 1));
  }
  return object;
}

Json arguments_of(const scf::StringList& list) {
  Json array = Json::array();
  for (std::string_view argument : list) array.push_back(std::string(argument));
  return array;
}

}  // namespace

scf::Configuration ScfText::view() const {
  scf::Configuration configuration;
  configuration.arguments = scf::StringList(arguments);
  configuration.environment = scf::StringList(environment);
  configuration.program = program;
  configuration.working_directory = working_directory;
  if (fspf) configuration.fspf = {fspf->path, bytes_of(fspf->key), bytes_of(fspf->tag), fspf->is_mutable};
  if (console) configuration.console = {bytes_of(console->key), console->mode};
  return configuration;
}

ScfText ScfText::of(const scf::Configuration& from) {
  ScfText text;
  text.arguments = from.arguments.bytes();
  text.environment = from.environment.bytes();
  text.program = from.program;
  text.working_directory = from.working_directory;
  if (const auto& fspf = from.fspf)
    text.fspf = Fspf{std::string(fspf->path), string_of(fspf->key), string_of(fspf->tag), fspf->is_mutable};
  if (from.console) text.console = Console{string_of(from.console->key), from.console->mode};
  return text;
}

std::optional<ScfText> scf_from_json(const std::string& json, std::string& error) {
  const Json document = Json::parse(json, nullptr, false);
  error = "no JSON";
  if (document.is_discarded()) return std::nullopt;
  try {
    return read_document(document);
  } catch (const Problem& problem) {
    error = problem.text;
    return std::nullopt;
  }
}

std::string scf_to_json(const ScfText& text, bool secrets) {
  const auto secret = [&](const std::string& bytes) { return secrets ? to_hex(bytes_of(bytes)) : kHidden; };
  Json document;
  if (!text.program.empty()) document["program"] = text.program;
  document["arguments"] = arguments_of(scf::StringList(text.arguments));
  document["environment"] = environment_of(scf::StringList(text.environment));
  if (!text.working_directory.empty()) document["working_directory"] = text.working_directory;
  if (const auto& fspf = text.fspf)
    document["fspf"] = {{"path", fspf->path}, {"key", secret(fspf->key)}, {"tag", to_hex(bytes_of(fspf->tag))},
                        {"mutable", fspf->is_mutable}};
  if (text.console)
    document["console"] = {{"key", secret(text.console->key)},
                           {"mode", text.console->mode == scf::ConsoleMode::kLog ? "log" : "interactive"}};
  return document.dump(2, ' ', false, Json::error_handler_t::replace);
}

}  // namespace scone::cli
