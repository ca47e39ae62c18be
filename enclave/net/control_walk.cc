#include "enclave/net/control_walk.h"

#include <asm/socket.h>
#include <linux/in.h>
#include <linux/in6.h>
#include <linux/netlink.h>

namespace scone::net {
namespace {

struct Kind {
  int level;
  int type;
  size_t max_data;
};

constexpr int kLevelNetlink = 270;  // SOL_NETLINK
constexpr int kLevelUdp = IPPROTO_UDP;
constexpr int kUdpSegment = 103, kUdpGro = 104;
constexpr size_t kExtendedError = 16;  // struct sock_extended_err, followed by an address

constexpr Kind kKinds[] = {
    {SOL_SOCKET, kScmCredentials, 12},
    {SOL_SOCKET, SO_TIMESTAMP_OLD, 16},
    {SOL_SOCKET, SO_TIMESTAMPNS_OLD, 16},
    {SOL_SOCKET, SO_TIMESTAMPING_OLD, 48},
    {SOL_SOCKET, SO_TIMESTAMP_NEW, 16},
    {SOL_SOCKET, SO_TIMESTAMPNS_NEW, 16},
    {SOL_SOCKET, SO_TIMESTAMPING_NEW, 48},
    {SOL_SOCKET, SO_RXQ_OVFL, 4},
    {SOL_SOCKET, SO_MARK, 4},
    {SOL_SOCKET, SO_PRIORITY, 4},
    {IPPROTO_IP, IP_PKTINFO, 12},
    {IPPROTO_IP, IP_TTL, 4},
    {IPPROTO_IP, IP_TOS, 4},
    {IPPROTO_IP, IP_RECVERR, kExtendedError + 16},
    {IPPROTO_IP, IP_ORIGDSTADDR, 16},
    {IPPROTO_IPV6, IPV6_PKTINFO, 20},
    {IPPROTO_IPV6, IPV6_HOPLIMIT, 4},
    {IPPROTO_IPV6, IPV6_TCLASS, 4},
    {IPPROTO_IPV6, IPV6_RECVERR, kExtendedError + 28},
    {kLevelUdp, kUdpSegment, 4},
    {kLevelUdp, kUdpGro, 4},
    {kLevelNetlink, NETLINK_PKTINFO, 4},
};

}  // namespace

size_t max_control_data(int level, int type) {
  for (const Kind& kind : kKinds)
    if (kind.level == level && kind.type == type) return kind.max_data;
  return 0;
}

Result<ControlHeader> read_control(std::span<const uint8_t> control, size_t offset) {
  ControlHeader header;
  memcpy(&header, &control[offset], sizeof header);
  if (header.size < sizeof header || header.size > control.size() - offset) return Errno(EINVAL);
  const size_t data = header.size - sizeof header;
  if (is_rights(header) && (data % sizeof(int) != 0 || data / sizeof(int) > kMaxRights)) return Errno(EINVAL);
  return header;
}

std::optional<Credentials> find_credentials(std::span<const uint8_t> control) {
  size_t offset = 0;
  while (control.size() - offset >= sizeof(ControlHeader)) {
    Result<ControlHeader> header = read_control(control, offset);
    if (!header.ok()) return std::nullopt;
    const size_t data = header.value().size - sizeof(ControlHeader);
    if (header.value().level == kLevelSocket && header.value().type == kScmCredentials &&
        data == sizeof(Credentials)) {
      Credentials credentials;
      memcpy(&credentials, &control[offset + sizeof(ControlHeader)], sizeof credentials);
      return credentials;
    }
    offset += min_of<size_t>(align_up(header.value().size, kControlAlign), control.size() - offset);
  }
  return std::nullopt;
}

}  // namespace scone::net
