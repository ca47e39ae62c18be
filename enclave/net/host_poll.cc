#include "enclave/net/host_poll.h"

#include <asm/unistd.h>
#include <linux/poll.h>

#include <utility>

#include "enclave/boundary/host_buffer.h"
#include "enclave/boundary/host_call.h"

namespace scone::net {

// poll(2) and epoll(7) number their events alike.
static_assert(POLLIN == EPOLLIN && POLLOUT == EPOLLOUT && POLLPRI == EPOLLPRI && POLLERR == EPOLLERR &&
              POLLHUP == EPOLLHUP && POLLRDHUP == EPOLLRDHUP);

bool HostPoll::add(ReadySource& source, uint32_t asked, uint32_t known, uint32_t* answer) {
  if (count_ == kCapacity) return false;
  questions_[count_++] = {&source, asked, known, 0, answer};
  return true;
}

void HostPoll::run() {
  const size_t count = std::exchange(count_, 0);
  if (count == 0) return;
  Result<HostBuffer> buffer = HostBuffer::allocate(count * sizeof(pollfd));
  if (!buffer.ok()) return;
  for (size_t i = 0; i < count; ++i) {
    Question& question = questions_[i];
    question.epoch = question.source->epoch();
    buffer.value().put(i * sizeof(pollfd),
                       pollfd{question.source->fd(), static_cast<short>(question.asked), 0});
  }
  if (!host_call(__NR_poll, buffer.value().address(), count, 0).ok()) return;
  for (size_t i = 0; i < count; ++i) {
    const Question& question = questions_[i];
    const uint32_t events = static_cast<uint16_t>(buffer.value().get<pollfd>(i * sizeof(pollfd)).revents);
    *question.answer = question.known | (events & question.asked);
    question.source->state().answer(question.asked, events & question.asked, question.epoch);
  }
}

}  // namespace scone::net
