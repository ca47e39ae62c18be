// Who may do what with a file: path_resolution(7), for files of which the host knows nothing.
#pragma once

#include "base/result.h"
#include "enclave/process/credentials.h"
#include "enclave/shield/inode.h"

namespace scone::shield {

inline constexpr int kRead = 4, kWrite = 2, kExecute = 1;  // R_OK, …

// EACCES.
Result<void> may(Inode& inode, int wanted, const process::Credentials& who);
Result<void> may(Inode& inode, int wanted);
// Removing or renaming `inode` in `directory`: write permission there, and the sticky bit. EACCES, EPERM.
Result<void> may_remove(Inode& directory, Inode& inode);
// chmod, chown, utimes. EPERM.
Result<void> may_change(Inode& inode, const file::AttributeChange& change);
// Of a new file in `directory`.
Attributes new_attributes(Inode& directory, uint32_t mode, uint32_t umask);

}  // namespace scone::shield
