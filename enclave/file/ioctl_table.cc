#include "enclave/file/ioctl_table.h"

#include <asm/ioctls.h>
#include <asm/termbits.h>
#include <linux/sockios.h>

namespace scone::file {
namespace {

// ioctl_tty(2). sizeof(struct termio) is 18; its header drags in what the C library defines as well.
constexpr uint16_t kTermioSize = 18;
constexpr uint16_t kWinsizeSize = 8;
constexpr uint16_t kInt = sizeof(int);

#define IOCTL(request, argument, size) \
  IoctlRow { request, #request, IoctlArgument::k##argument, size, false }
#define IOCTL_BLOCKING(request, argument, size) \
  IoctlRow { request, #request, IoctlArgument::k##argument, size, true }
constexpr IoctlRow kRows[] = {
    IOCTL(TCGETS, Out, sizeof(struct termios)),
    IOCTL(TCSETS, In, sizeof(struct termios)),
    IOCTL_BLOCKING(TCSETSW, In, sizeof(struct termios)),
    IOCTL_BLOCKING(TCSETSF, In, sizeof(struct termios)),
    IOCTL(TCGETA, Out, kTermioSize),
    IOCTL(TCSETA, In, kTermioSize),
    IOCTL_BLOCKING(TCSETAW, In, kTermioSize),
    IOCTL_BLOCKING(TCSETAF, In, kTermioSize),
    IOCTL_BLOCKING(TCSBRK, Value, 0),
    IOCTL(TCXONC, Value, 0),
    IOCTL(TCFLSH, Value, 0),
    IOCTL(TIOCEXCL, None, 0),
    IOCTL(TIOCNXCL, None, 0),
    IOCTL(TIOCSCTTY, Value, 0),
    IOCTL(TIOCGPGRP, Out, kInt),
    IOCTL(TIOCSPGRP, In, kInt),
    IOCTL(TIOCOUTQ, Out, kInt),
    IOCTL(TIOCSTI, In, 1),
    IOCTL(TIOCGWINSZ, Out, kWinsizeSize),
    IOCTL(TIOCSWINSZ, In, kWinsizeSize),
    IOCTL(TIOCMGET, Out, kInt),
    IOCTL(TIOCMBIS, In, kInt),
    IOCTL(TIOCMBIC, In, kInt),
    IOCTL(TIOCMSET, In, kInt),
    IOCTL(TIOCGSOFTCAR, Out, kInt),
    IOCTL(TIOCSSOFTCAR, In, kInt),
    IOCTL(FIONREAD, Out, kInt),
    IOCTL(TIOCPKT, In, kInt),
    IOCTL(TIOCNOTTY, None, 0),
    IOCTL(TIOCSETD, In, kInt),
    IOCTL(TIOCGETD, Out, kInt),
    IOCTL_BLOCKING(TCSBRKP, Value, 0),
    IOCTL(TIOCSBRK, None, 0),
    IOCTL(TIOCCBRK, None, 0),
    IOCTL(TIOCGSID, Out, kInt),
    IOCTL(TCGETS2, Out, sizeof(struct termios2)),
    IOCTL(TCSETS2, In, sizeof(struct termios2)),
    IOCTL_BLOCKING(TCSETSW2, In, sizeof(struct termios2)),
    IOCTL_BLOCKING(TCSETSF2, In, sizeof(struct termios2)),
    IOCTL(TIOCGPTN, Out, kInt),
    IOCTL(TIOCSPTLCK, In, kInt),
    IOCTL(TIOCGPKT, Out, kInt),
    IOCTL(TIOCGPTLCK, Out, kInt),
    IOCTL(TIOCGEXCL, Out, kInt),
    IOCTL(FIOQSIZE, Out, 8),
    IOCTL(SIOCATMARK, Out, kInt),
};
#undef IOCTL
#undef IOCTL_BLOCKING

}  // namespace

const IoctlRow* find_ioctl(uint32_t request) {
  for (const IoctlRow& row : kRows)
    if (row.request == request) return &row;
  return nullptr;
}

std::span<const IoctlRow> ioctl_rows() { return kRows; }

}  // namespace scone::file
