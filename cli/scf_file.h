// A start-up configuration's file on the client's side.
#pragma once

#include <optional>
#include <string>

#include "cli/key.h"
#include "cli/scf_json.h"

namespace scone::cli {

// Where the key is when no file is named.
inline constexpr const char* kScfKeyVariable = "SCONE_SCF_KEY";

// Encodes and encrypts. On failure `error` says in one line why.
std::optional<std::string> seal_scf(const ScfText& text, const Key& key, std::string& error);
// Decrypts and parses the file at `path`, as the enclave would. On failure `error` says in one line why.
std::optional<ScfText> open_scf(const std::string& path, const Key& key, std::string& error);

}  // namespace scone::cli
