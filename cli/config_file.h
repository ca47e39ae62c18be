// /etc/sgx-musl.conf: how many resources an enclave gets, as SCONE's configuration files say it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace scone::cli {

inline constexpr const char* kConfigVariable = "SCONE_CONFIG";
inline constexpr const char* kDefaultConfigFile = "/etc/sgx-musl.conf";

// The file is the host's, so it says nothing that the command line would not: numbers and sizes, no shields, no keys.
struct ConfigFile {
  struct Ethread {
    int core;  // negative: any
    unsigned line;
  };
  std::string path;               // empty: there is no file
  std::vector<Ethread> ethreads;  // e; none: the file leaves it open
  std::optional<uint64_t> heap;   // H
  std::string ignored;            // each command that has no meaning here, once
};

// One command a line, `#` begins a comment. On failure `error` says in one line where and why.
std::optional<ConfigFile> parse_config_file(const std::string& path, std::string_view text,
                                            std::string& error);

// The file that SCONE_CONFIG names, which must exist; else the default one, which need not. On failure `error` says in one line why.
std::optional<ConfigFile> read_config_file(std::string& error);

}  // namespace scone::cli
