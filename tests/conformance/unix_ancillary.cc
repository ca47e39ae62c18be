// Descriptors and credentials sent over UNIX sockets; sendmmsg and recvmmsg.
#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "check.h"
#include "support.h"

namespace {

// Sends one byte and these descriptors.
ssize_t send_fds(int socket, const int* fds, size_t count) {
  char byte = 'f';
  iovec piece = {&byte, 1};
  alignas(cmsghdr) char control[CMSG_SPACE(16 * sizeof(int))] = {};
  msghdr message = {};
  message.msg_iov = &piece;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = CMSG_SPACE(count * sizeof(int));
  cmsghdr* header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(count * sizeof(int));
  memcpy(CMSG_DATA(header), fds, count * sizeof(int));
  return sendmsg(socket, &message, 0);
}

// Receives descriptors; returns how many.
size_t receive_fds(int socket, int* fds, size_t limit, int flags = 0, int* message_flags = nullptr) {
  char byte;
  iovec piece = {&byte, 1};
  alignas(cmsghdr) char control[CMSG_SPACE(16 * sizeof(int))] = {};
  msghdr message = {};
  message.msg_iov = &piece;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = CMSG_SPACE(limit * sizeof(int));
  if (recvmsg(socket, &message, flags) != 1) return 0;
  if (message_flags) *message_flags = message.msg_flags;
  cmsghdr* header = CMSG_FIRSTHDR(&message);
  if (!header || header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) return 0;
  size_t count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
  memcpy(fds, CMSG_DATA(header), count * sizeof(int));
  return count;
}

struct Pair {
  explicit Pair(int type = SOCK_STREAM) {
    if (socketpair(AF_UNIX, type, 0, ends)) perror("socketpair");
  }
  ~Pair() {
    close(ends[0]);
    close(ends[1]);
  }
  int ends[2];
};

}  // namespace

CASE(an_open_file_is_passed) {
  Pair pair;
  support::TemporaryDir dir;
  support::put_file(dir / "file", "0123456789");
  int fd = open((dir / "file").c_str(), O_RDONLY);
  CHECK_EQ(lseek(fd, 4, SEEK_SET), 4);
  CHECK_EQ(send_fds(pair.ends[0], &fd, 1), 1);
  int received = -1;
  CHECK_EQ(receive_fds(pair.ends[1], &received, 1), 1);
  CHECK(received != fd);
  char byte = 0;
  CHECK_EQ(read(received, &byte, 1), 1);
  CHECK_EQ(byte, '4');
  CHECK_EQ(lseek(fd, 0, SEEK_CUR), 5);
  close(fd);
  close(received);
}

CASE(an_object_inside_is_passed) {
  Pair pair;
  int ends[2], event = eventfd(5, 0);
  CHECK_EQ(pipe(ends), 0);
  int out[2] = {ends[0], event};
  CHECK_EQ(send_fds(pair.ends[0], out, 2), 1);
  close(ends[0]);
  close(event);
  int in[2] = {-1, -1};
  CHECK_EQ(receive_fds(pair.ends[1], in, 2, MSG_CMSG_CLOEXEC), 2);
  CHECK_EQ(fcntl(in[0], F_GETFD), FD_CLOEXEC);
  CHECK_EQ(write(ends[1], "x", 1), 1);
  char byte = 0;
  CHECK_EQ(read(in[0], &byte, 1), 1);
  eventfd_t value = 0;
  CHECK_EQ(eventfd_read(in[1], &value), 0);
  CHECK_EQ(value, 5);
  close(in[0]);
  close(in[1]);
  close(ends[1]);
}

CASE(too_small_a_buffer_truncates) {
  Pair pair;
  int null = open("/dev/null", O_RDONLY);
  int out[3] = {null, null, null}, in[16], flags = 0;
  CHECK_EQ(send_fds(pair.ends[0], out, 3), 1);
  size_t count = receive_fds(pair.ends[1], in, 1, 0, &flags);
  CHECK(count >= 1 && count < 3);
  CHECK(flags & MSG_CTRUNC);
  for (size_t i = 0; i < count; i++) close(in[i]);
  close(null);
}

CASE(bad_descriptor_is_refused) {
  Pair pair;
  int bad = 1000;
  CHECK_ERRNO(send_fds(pair.ends[0], &bad, 1), EBADF);
}

CASE(credentials_of_the_peer) {
  Pair pair;
  ucred peer = {};
  socklen_t size = sizeof peer;
  CHECK_EQ(getsockopt(pair.ends[0], SOL_SOCKET, SO_PEERCRED, &peer, &size), 0);
  CHECK_EQ(peer.pid, getpid());
  CHECK_EQ(peer.uid, getuid());
}

CASE(several_messages_in_one_call) {
  Pair pair(SOCK_DGRAM);
  char texts[3][8] = {"one", "two", "three"};
  iovec pieces[3];
  mmsghdr messages[3] = {};
  for (int i = 0; i < 3; i++) {
    pieces[i] = {texts[i], strlen(texts[i])};
    messages[i].msg_hdr.msg_iov = &pieces[i];
    messages[i].msg_hdr.msg_iovlen = 1;
  }
  CHECK_EQ(sendmmsg(pair.ends[0], messages, 3, 0), 3);
  CHECK_EQ(messages[2].msg_len, 5);
  char buffers[4][8];
  mmsghdr received[4] = {};
  iovec spaces[4];
  for (int i = 0; i < 4; i++) {
    spaces[i] = {buffers[i], 8};
    received[i].msg_hdr.msg_iov = &spaces[i];
    received[i].msg_hdr.msg_iovlen = 1;
  }
  CHECK_EQ(recvmmsg(pair.ends[1], received, 4, MSG_DONTWAIT, nullptr), 3);
  CHECK_EQ(received[2].msg_len, 5);
  CHECK_EQ(memcmp(buffers[2], "three", 5), 0);
}
