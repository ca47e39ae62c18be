// Small files, read and written in one go.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>

namespace scone::cli {

// The content of `path`, at most `limit` bytes. On failure `error` says in one line why.
std::optional<std::string> read_whole_file(const std::string& path, size_t limit, std::string& error);

enum class Existing { kReplace, kRefuse };

// Writes all of `path`; a failure leaves no half of it. On failure `error` says in one line why.
bool write_whole_file(const std::string& path, std::string_view content, mode_t mode, Existing existing, std::string& error);

}  // namespace scone::cli
