// What the tests do natively with files: <fcntl.h> cannot stand beside the kernel's header, which the file layer uses.
#pragma once

#include <string>

namespace scone::native {

// open(2); fails the test on errors.
int open(const std::string& path, int flags, unsigned mode = 0);
// F_GETFL, F_SETFL.
int flags_of(int fd);
void set_flags(int fd, int flags);

}  // namespace scone::native
