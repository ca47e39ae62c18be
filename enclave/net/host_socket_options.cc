// Options of a socket of the host.
#include <asm/unistd.h>
#include <linux/errno.h>

#include "base/min_max.h"
#include "enclave/boundary/host_call.h"
#include "enclave/net/host_socket.h"
#include "enclave/net/option_table.h"

namespace scone::net {

Result<void> HostSocket::set_own_option(int level, int name, AppPtr<const void> value, uint32_t size) {
  const OptionRow* row = find_option(level, name);
  if (!row) return Errno(ENOPROTOOPT);
  // The kernel looks at no more than it knows.
  const uint32_t length = min_of<uint32_t>(size, row->max_size);
  settle();
  HostBuffer buffer = TRY(HostBuffer::allocate(length));
  TRY(buffer.write_from_app(0, value, length));
  TRY(host_call(__NR_setsockopt, number(), static_cast<uint64_t>(level), static_cast<uint64_t>(name),
                buffer.address(), length));
  return ok();
}

Result<void> HostSocket::get_own_option(int level, int name, AppPtr<void> value, AppPtr<uint32_t> size,
                                        uint32_t room) {
  const OptionRow* row = find_option(level, name);
  if (!row) return Errno(ENOPROTOOPT);
  const uint32_t length = min_of<uint32_t>(room, row->max_size);
  HostBuffer buffer = TRY(HostBuffer::allocate(sizeof length + length));
  buffer.put(0, length);
  TRY(host_call(__NR_getsockopt, number(), static_cast<uint64_t>(level), static_cast<uint64_t>(name),
                buffer.address() + sizeof length, buffer.address()));
  // Claimed by the host: never more than was asked for.
  const uint32_t filled = min_of(buffer.get<uint32_t>(0), length);
  TRY(buffer.read_to_app(sizeof length, value, filled));
  return boundary::write_app(size, filled);
}

}  // namespace scone::net
