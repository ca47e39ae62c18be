#include "tests/rewrite/native_entry.h"

#include <asm/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace scone::rewrite {

bool use_native_entry() {
  static uint64_t block[16];
  block[kNativeEntry / 8] = reinterpret_cast<uint64_t>(&native_syscall_entry);
  block[kNativeEntryVector / 8] = reinterpret_cast<uint64_t>(&native_syscall_entry_vector);
  return syscall(SYS_arch_prctl, ARCH_SET_GS, block) == 0;
}

}  // namespace scone::rewrite
