// Numbers of socket(2), send(2), recv(2) and cmsg(3) that the kernel's UAPI headers leave to the C library.
#pragma once

#include <cstddef>
#include <cstdint>

namespace scone::net {

enum Family : int { kUnix = 1, kInet = 2, kInet6 = 10, kNetlink = 16 };

enum SocketType : int { kStream = 1, kDatagram = 2, kRaw = 3, kSeqPacket = 5 };
// Share the type's argument; the values of O_NONBLOCK and O_CLOEXEC.
inline constexpr int kSockNonBlock = 0x800;
inline constexpr int kSockCloseOnExec = 0x80000;

enum MessageFlag : int {
  kMsgOob = 0x1,
  kMsgPeek = 0x2,
  kMsgDontRoute = 0x4,
  kMsgControlTruncated = 0x8,
  kMsgTruncated = 0x20,
  kMsgDontWait = 0x40,
  kMsgEndOfRecord = 0x80,
  kMsgWaitAll = 0x100,
  kMsgConfirm = 0x800,
  kMsgErrorQueue = 0x2000,
  kMsgNoSignal = 0x4000,
  kMsgMore = 0x8000,
  kMsgWaitForOne = 0x10000,
  kMsgControlCloseOnExec = 0x40000000,
};

// struct msghdr and struct mmsghdr, with addresses instead of pointers.
struct MessageHeader {
  uint64_t name;
  uint32_t name_size;
  uint32_t padding;
  uint64_t iovecs;
  uint64_t iovec_count;
  uint64_t control;
  uint64_t control_size;
  int32_t flags;
  uint32_t padding2;
};
static_assert(sizeof(MessageHeader) == 56);
struct MultiMessageHeader {
  MessageHeader header;
  uint32_t length;
  uint32_t padding;
};
static_assert(sizeof(MultiMessageHeader) == 64);

// struct cmsghdr; the data follows, the next one is 8-byte aligned.
struct ControlHeader {
  uint64_t size;  // header and data
  int32_t level;
  int32_t type;
};
inline constexpr size_t kControlAlign = 8;

inline constexpr int kScmRights = 1;
inline constexpr int kScmCredentials = 2;
// struct ucred.
struct Credentials {
  int32_t pid;
  uint32_t uid;
  uint32_t gid;
};
inline constexpr size_t kMaxRights = 253;  // SCM_MAX_FD

}  // namespace scone::net
