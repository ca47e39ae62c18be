// What opening /dev/tty gives, where that is not the host's business.
#pragma once

#include "base/ref.h"
#include "base/result.h"
#include "enclave/file/file.h"

namespace scone::file {

// flags as open(2).
using TerminalOpener = Result<Ref<File>> (*)(int flags);

// nullptr: the host's /dev/tty. Set before the program starts.
inline constinit TerminalOpener controlling_terminal = nullptr;

}  // namespace scone::file
