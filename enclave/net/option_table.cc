#include "enclave/net/option_table.h"

#include <asm/socket.h>
#include <linux/icmpv6.h>
#include <linux/in.h>
#include <linux/in6.h>
#include <linux/netlink.h>
#include <linux/tcp.h>
#include <linux/udp.h>

namespace scone::net {
namespace {

constexpr int kLevelNetlink = 270;  // SOL_NETLINK
constexpr int kLevelIcmpV6 = 58;    // SOL_ICMPV6
constexpr int kLevelRaw = 255;      // SOL_RAW
constexpr int kIcmpFilter = 1;      // ICMP_FILTER
constexpr uint16_t kInt = sizeof(int);
constexpr uint16_t kGroup = 136;        // struct group_req
constexpr uint16_t kGroupSource = 264;  // struct group_source_req

constexpr OptionRow kRows[] = {
    {SOL_SOCKET, SO_DEBUG, kInt},
    {SOL_SOCKET, SO_REUSEADDR, kInt},
    {SOL_SOCKET, SO_TYPE, kInt},
    {SOL_SOCKET, SO_DONTROUTE, kInt},
    {SOL_SOCKET, SO_BROADCAST, kInt},
    {SOL_SOCKET, SO_SNDBUF, kInt},
    {SOL_SOCKET, SO_RCVBUF, kInt},
    {SOL_SOCKET, SO_SNDBUFFORCE, kInt},
    {SOL_SOCKET, SO_RCVBUFFORCE, kInt},
    {SOL_SOCKET, SO_KEEPALIVE, kInt},
    {SOL_SOCKET, SO_OOBINLINE, kInt},
    {SOL_SOCKET, SO_NO_CHECK, kInt},
    {SOL_SOCKET, SO_PRIORITY, kInt},
    {SOL_SOCKET, SO_LINGER, 8},
    {SOL_SOCKET, SO_REUSEPORT, kInt},
    {SOL_SOCKET, SO_PASSCRED, kInt},
    {SOL_SOCKET, SO_PEERCRED, 12},
    {SOL_SOCKET, SO_RCVLOWAT, kInt},
    {SOL_SOCKET, SO_SNDLOWAT, kInt},
    {SOL_SOCKET, SO_BINDTODEVICE, 16},
    {SOL_SOCKET, SO_TIMESTAMP_OLD, kInt},
    {SOL_SOCKET, SO_TIMESTAMPNS_OLD, kInt},
    {SOL_SOCKET, SO_TIMESTAMPING_OLD, 8},
    {SOL_SOCKET, SO_TIMESTAMP_NEW, kInt},
    {SOL_SOCKET, SO_TIMESTAMPNS_NEW, kInt},
    {SOL_SOCKET, SO_TIMESTAMPING_NEW, 8},
    {SOL_SOCKET, SO_ACCEPTCONN, kInt},
    {SOL_SOCKET, SO_PEERSEC, 256},
    {SOL_SOCKET, SO_PASSSEC, kInt},
    {SOL_SOCKET, SO_MARK, kInt},
    {SOL_SOCKET, SO_PROTOCOL, kInt},
    {SOL_SOCKET, SO_DOMAIN, kInt},
    {SOL_SOCKET, SO_RXQ_OVFL, kInt},
    {SOL_SOCKET, SO_PEEK_OFF, kInt},
    {SOL_SOCKET, SO_BUSY_POLL, kInt},
    {SOL_SOCKET, SO_MAX_PACING_RATE, 8},
    {SOL_SOCKET, SO_INCOMING_CPU, kInt},
    {SOL_SOCKET, SO_INCOMING_NAPI_ID, kInt},
    {SOL_SOCKET, SO_MEMINFO, 36},
    {SOL_SOCKET, SO_COOKIE, 8},
    {SOL_SOCKET, SO_PEERGROUPS, 4096},
    {IPPROTO_IP, IP_TOS, kInt},
    {IPPROTO_IP, IP_TTL, kInt},
    {IPPROTO_IP, IP_OPTIONS, 40},
    {IPPROTO_IP, IP_RECVOPTS, kInt},
    {IPPROTO_IP, IP_PKTINFO, kInt},
    {IPPROTO_IP, IP_MTU_DISCOVER, kInt},
    {IPPROTO_IP, IP_RECVERR, kInt},
    {IPPROTO_IP, IP_RECVTTL, kInt},
    {IPPROTO_IP, IP_RECVTOS, kInt},
    {IPPROTO_IP, IP_MTU, kInt},
    {IPPROTO_IP, IP_FREEBIND, kInt},
    {IPPROTO_IP, IP_TRANSPARENT, kInt},
    {IPPROTO_IP, IP_RECVORIGDSTADDR, kInt},
    {IPPROTO_IP, IP_MINTTL, kInt},
    {IPPROTO_IP, IP_HDRINCL, kInt},
    {IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, kInt},
    {IPPROTO_IP, IP_MULTICAST_IF, 12},
    {IPPROTO_IP, IP_MULTICAST_TTL, kInt},
    {IPPROTO_IP, IP_MULTICAST_LOOP, kInt},
    {IPPROTO_IP, IP_MULTICAST_ALL, kInt},
    {IPPROTO_IP, IP_ADD_MEMBERSHIP, 12},
    {IPPROTO_IP, IP_DROP_MEMBERSHIP, 12},
    {IPPROTO_IP, IP_ADD_SOURCE_MEMBERSHIP, 12},
    {IPPROTO_IP, IP_DROP_SOURCE_MEMBERSHIP, 12},
    {IPPROTO_IP, MCAST_JOIN_GROUP, kGroup},
    {IPPROTO_IP, MCAST_LEAVE_GROUP, kGroup},
    {IPPROTO_IP, MCAST_JOIN_SOURCE_GROUP, kGroupSource},
    {IPPROTO_IP, MCAST_LEAVE_SOURCE_GROUP, kGroupSource},
    {IPPROTO_TCP, TCP_NODELAY, kInt},
    {IPPROTO_TCP, TCP_MAXSEG, kInt},
    {IPPROTO_TCP, TCP_CORK, kInt},
    {IPPROTO_TCP, TCP_KEEPIDLE, kInt},
    {IPPROTO_TCP, TCP_KEEPINTVL, kInt},
    {IPPROTO_TCP, TCP_KEEPCNT, kInt},
    {IPPROTO_TCP, TCP_SYNCNT, kInt},
    {IPPROTO_TCP, TCP_LINGER2, kInt},
    {IPPROTO_TCP, TCP_DEFER_ACCEPT, kInt},
    {IPPROTO_TCP, TCP_WINDOW_CLAMP, kInt},
    {IPPROTO_TCP, TCP_INFO, 512},
    {IPPROTO_TCP, TCP_QUICKACK, kInt},
    {IPPROTO_TCP, TCP_CONGESTION, 16},
    {IPPROTO_TCP, TCP_THIN_LINEAR_TIMEOUTS, kInt},
    {IPPROTO_TCP, TCP_USER_TIMEOUT, kInt},
    {IPPROTO_TCP, TCP_FASTOPEN, kInt},
    {IPPROTO_TCP, TCP_TIMESTAMP, kInt},
    {IPPROTO_TCP, TCP_NOTSENT_LOWAT, kInt},
    {IPPROTO_TCP, TCP_SAVE_SYN, kInt},
    {IPPROTO_UDP, UDP_CORK, kInt},
    {IPPROTO_UDP, UDP_SEGMENT, kInt},
    {IPPROTO_UDP, UDP_GRO, kInt},
    {IPPROTO_IPV6, IPV6_ADDRFORM, kInt},
    {IPPROTO_IPV6, IPV6_CHECKSUM, kInt},
    {IPPROTO_IPV6, IPV6_UNICAST_HOPS, kInt},
    {IPPROTO_IPV6, IPV6_MULTICAST_IF, kInt},
    {IPPROTO_IPV6, IPV6_MULTICAST_HOPS, kInt},
    {IPPROTO_IPV6, IPV6_MULTICAST_LOOP, kInt},
    {IPPROTO_IPV6, IPV6_MULTICAST_ALL, kInt},
    {IPPROTO_IPV6, IPV6_ADD_MEMBERSHIP, 20},
    {IPPROTO_IPV6, IPV6_DROP_MEMBERSHIP, 20},
    {IPPROTO_IPV6, IPV6_MTU_DISCOVER, kInt},
    {IPPROTO_IPV6, IPV6_MTU, kInt},
    {IPPROTO_IPV6, IPV6_RECVERR, kInt},
    {IPPROTO_IPV6, IPV6_V6ONLY, kInt},
    {IPPROTO_IPV6, IPV6_RECVPKTINFO, kInt},
    {IPPROTO_IPV6, IPV6_RECVHOPLIMIT, kInt},
    {IPPROTO_IPV6, IPV6_RECVTCLASS, kInt},
    {IPPROTO_IPV6, IPV6_TCLASS, kInt},
    {IPPROTO_IPV6, IPV6_TRANSPARENT, kInt},
    {IPPROTO_IPV6, IPV6_FREEBIND, kInt},
    {IPPROTO_IPV6, IPV6_DONTFRAG, kInt},
    {IPPROTO_IPV6, IPV6_AUTOFLOWLABEL, kInt},
    {IPPROTO_IPV6, IPV6_ADDR_PREFERENCES, kInt},
    {IPPROTO_IPV6, MCAST_JOIN_GROUP, kGroup},
    {IPPROTO_IPV6, MCAST_LEAVE_GROUP, kGroup},
    {IPPROTO_IPV6, MCAST_JOIN_SOURCE_GROUP, kGroupSource},
    {IPPROTO_IPV6, MCAST_LEAVE_SOURCE_GROUP, kGroupSource},
    {kLevelIcmpV6, ICMPV6_FILTER, 32},
    {kLevelRaw, kIcmpFilter, 4},
    {kLevelNetlink, NETLINK_ADD_MEMBERSHIP, kInt},
    {kLevelNetlink, NETLINK_DROP_MEMBERSHIP, kInt},
    {kLevelNetlink, NETLINK_PKTINFO, kInt},
    {kLevelNetlink, NETLINK_BROADCAST_ERROR, kInt},
    {kLevelNetlink, NETLINK_NO_ENOBUFS, kInt},
    {kLevelNetlink, NETLINK_LIST_MEMBERSHIPS, 64},
    {kLevelNetlink, NETLINK_CAP_ACK, kInt},
    {kLevelNetlink, NETLINK_EXT_ACK, kInt},
    {kLevelNetlink, NETLINK_GET_STRICT_CHK, kInt},
};

}  // namespace

const OptionRow* find_option(int level, int name) {
  for (const OptionRow& row : kRows)
    if (row.level == level && row.name == name) return &row;
  return nullptr;
}

}  // namespace scone::net
