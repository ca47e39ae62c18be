// Scripts: files that start with #! (execve(2), as the kernel's binfmt_script reads them).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/result.h"
#include "enclave/loader/reason.h"

namespace scone::loader {

// As Linux' BINPRM_BUF_SIZE: only this much of a file is looked at for a #! line.
inline constexpr size_t kScriptHead = 256;
// A script's interpreter may be a script: this often.
inline constexpr int kMaxScriptDepth = 5;

struct ScriptLine {
  char interpreter[kScriptHead];  // NUL-terminated, not empty
  char argument[kScriptHead];     // NUL-terminated; empty: there is none
};

inline bool is_script(std::span<const uint8_t> head) {
  return head.size() >= 2 && head[0] == '#' && head[1] == '!';
}
// `head`: the first kScriptHead bytes of the file, or all of a shorter one. Precondition: is_script(head). ENOEXEC.
Result<void> parse_script(std::span<const uint8_t> head, ScriptLine& line, Reason& why);

}  // namespace scone::loader
