#include "enclave/file/host_ioctl.h"

#include <asm/unistd.h>

#include "enclave/boundary/app_ptr.h"
#include "enclave/boundary/host_buffer.h"
#include "enclave/boundary/host_call.h"
#include "enclave/file/ioctl_table.h"

namespace scone::file {
namespace {

Result<uint64_t> call(const IoctlRow& row, HostDescriptor& descriptor, uint64_t argument) {
  if (row.may_block) return host_call_blocking(__NR_ioctl, descriptor.number(), row.request, argument);
  return host_call(__NR_ioctl, descriptor.number(), row.request, argument);
}

}  // namespace

Result<uint64_t> host_ioctl(HostDescriptor& descriptor, uint32_t request, uint64_t argument) {
  const IoctlRow* row = find_ioctl(request);
  if (!row) return Errno(ENOTTY);
  if (row->size == 0) return call(*row, descriptor, row->argument == IoctlArgument::kValue ? argument : 0);

  HostBuffer buffer = TRY(HostBuffer::allocate(row->size));
  if (row->argument == IoctlArgument::kIn)
    TRY(buffer.write_from_app(0, AppPtr<const void>(argument), row->size));
  const uint64_t result = TRY(call(*row, descriptor, buffer.address()));
  if (row->argument == IoctlArgument::kOut) TRY(buffer.read_to_app(0, AppPtr<void>(argument), row->size));
  return result;
}

}  // namespace scone::file
