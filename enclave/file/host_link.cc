#include "enclave/file/host_link.h"

#include <asm/unistd.h>
#include <linux/fcntl.h>

#include "enclave/boundary/host_call.h"
#include "enclave/file/text.h"

namespace scone::file {

namespace {

Result<void> read_link(int host_directory, const HostBuffer& name, PathName& target) {
  HostBuffer answer = TRY(HostBuffer::allocate(PATH_MAX));
  const uint64_t result = TRY(host_call(__NR_readlinkat, static_cast<uint64_t>(host_directory),
                                        name.address(), answer.address(), answer.size()));
  const size_t size = boundary::check_count(result, answer.size());
  TRY(target.read_from(answer, size));
  if (target.empty() || target.view().find('\0') != std::string_view::npos)
    boundary::host_violation("readlink: not a path");
  return ok();
}

}  // namespace

Result<void> read_host_link(int host_directory, const PathName& path, PathName& target) {
  HostBuffer name = TRY(path.to_host());
  return read_link(host_directory, name, target);
}

Result<void> read_descriptor_link(HostDescriptor& descriptor, PathName& target) {
  FixedText<48> path;
  path.append("/proc/self/fd/");
  path.append_number(descriptor.number());
  HostBuffer name = TRY(HostBuffer::string(path.c_str()));
  return read_link(AT_FDCWD, name, target);
}

}  // namespace scone::file
