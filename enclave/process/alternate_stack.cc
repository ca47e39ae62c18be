#include "enclave/process/alternate_stack.h"

#include <linux/errno.h>

namespace scone::process {

Result<void> set_alternate_stack(AlternateStack& stack, const SignalStack& wanted, uint64_t sp) {
  if (stack.in_use(sp)) return Errno(EPERM);
  const int32_t mode = wanted.flags & ~kStackAutoDisarm;
  if (mode != 0 && mode != kStackDisable && mode != kStackOnStack) return Errno(EINVAL);
  if (mode == kStackDisable) {
    stack = {};
    return ok();
  }
  if (wanted.size < kMinimumStackSize) return Errno(ENOMEM);
  stack.base = wanted.base;
  stack.size = wanted.size;
  stack.auto_disarm = wanted.flags & kStackAutoDisarm;
  return ok();
}

SignalStack describe(const AlternateStack& stack, uint64_t sp) {
  SignalStack result{};
  result.base = stack.base;
  result.size = stack.size;
  result.flags = stack.auto_disarm ? kStackAutoDisarm : 0;
  if (!stack.enabled())
    result.flags |= kStackDisable;
  else if (stack.in_use(sp))
    result.flags |= kStackOnStack;
  return result;
}

}  // namespace scone::process
