// A start-up configuration as people write it: JSON (docs/formats/scf.md).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "scf/configuration.h"

namespace scone::cli {

// Owns what scf::Configuration refers to. Texts are separated by NULs as the body wants them.
struct ScfText {
  std::string arguments, environment;  // each text with a NUL at its end
  std::string program, working_directory;
  struct Fspf {
    std::string path, key, tag;  // key and tag: bytes
    bool is_mutable = false;
  };
  std::optional<Fspf> fspf;
  struct Console {
    std::string key;  // bytes
    scf::ConsoleMode mode = scf::ConsoleMode::kInteractive;
  };
  std::optional<Console> console;

  // Refers to this.
  scf::Configuration view() const;
  static ScfText of(const scf::Configuration& configuration);
};

// Reads JSON; makes a console key where it says "fresh". Strict: unknown members are refused. On failure `error` says in one line
// where and why.
std::optional<ScfText> scf_from_json(const std::string& json, std::string& error);

// Keys are left out unless `secrets`: then scf_from_json() reads it back.
std::string scf_to_json(const ScfText& text, bool secrets);

}  // namespace scone::cli
