// ioctl(2) on sockets: queues, and what netdevice(7) tells about interfaces.
#include <asm/ioctls.h>
#include <asm/unistd.h>
#include <linux/sockios.h>

#include "base/min_max.h"
#include "enclave/boundary/host_call.h"
#include "enclave/net/host_socket.h"

namespace scone::net {
namespace {

constexpr size_t kInterfaceRequest = 40;  // struct ifreq
constexpr size_t kMaxInterfaces = 512;

// struct ifconf.
struct InterfaceList {
  int32_t size;
  int32_t padding;
  uint64_t requests;
};

// The size of the struct that `request` fills in or changes; 0: not known. None has pointers in it.
size_t argument_size(uint32_t request) {
  switch (request) {
    case FIONREAD:
    case TIOCOUTQ:  // SIOCOUTQ
    case SIOCATMARK:
    case SIOCOUTQNSD:
      return sizeof(int);
    case SIOCGIFNAME:
    case SIOCGIFFLAGS:
    case SIOCGIFADDR:
    case SIOCGIFDSTADDR:
    case SIOCGIFBRDADDR:
    case SIOCGIFNETMASK:
    case SIOCGIFMETRIC:
    case SIOCGIFMTU:
    case SIOCGIFHWADDR:
    case SIOCGIFINDEX:
    case SIOCGIFTXQLEN:
      return kInterfaceRequest;
    default:
      return 0;
  }
}

}  // namespace

Result<uint64_t> HostSocket::ioctl(uint32_t request, uint64_t argument) {
  if (request == SIOCGIFCONF) return interface_list(argument);
  const size_t size = argument_size(request);
  if (size == 0) return Errno(ENOTTY);
  settle();
  HostBuffer buffer = TRY(HostBuffer::allocate(size));
  TRY(buffer.write_from_app(0, AppPtr<const void>(argument), size));
  TRY(host_call(__NR_ioctl, number(), request, buffer.address()));
  if (Stream* own = source_.stream(); own && request == FIONREAD) {
    // What was received ahead is still to be read; the host may have let more come in since.
    const int64_t sum = int64_t{buffer.get<int>(0)} + static_cast<int64_t>(own->waiting());
    buffer.put(0, static_cast<int>(min_of<int64_t>(sum, INT32_MAX)));
  }
  TRY(buffer.read_to_app(0, AppPtr<void>(argument), size));
  return uint64_t{0};
}

// SIOCGIFCONF: without an array it only tells the size.
Result<uint64_t> HostSocket::interface_list(uint64_t argument) {
  const AppPtr<InterfaceList> program(argument);
  InterfaceList list = TRY(boundary::read_app(program));
  if (list.size < 0) return Errno(EINVAL);
  const AppPtr<void> requests(list.requests);
  const size_t room =
      requests ? min_of<size_t>(static_cast<size_t>(list.size), kMaxInterfaces * kInterfaceRequest) : 0;
  HostBuffer buffer = TRY(HostBuffer::allocate(sizeof list + room));
  buffer.put(0, InterfaceList{static_cast<int32_t>(room), 0, requests ? buffer.address() + sizeof list : 0});
  TRY(host_call(__NR_ioctl, number(), SIOCGIFCONF, buffer.address()));
  list.size = buffer.get<InterfaceList>(0).size;
  if (list.size < 0) list.size = 0;
  if (requests) {
    list.size = static_cast<int32_t>(min_of<size_t>(static_cast<size_t>(list.size), room));
    TRY(buffer.read_to_app(sizeof list, requests, static_cast<size_t>(list.size)));
  }
  TRY(boundary::write_app(program, list));
  return uint64_t{0};
}

}  // namespace scone::net
