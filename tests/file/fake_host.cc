#include "tests/file/fake_host.h"

#include <errno.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdlib>
#include <deque>
#include <iterator>
#include <new>
#include <set>
#include <utility>

#include "enclave/boundary/app_ptr.h"
#include "enclave/boundary/host_buffer.h"
#include "enclave/boundary/host_call.h"
#include "enclave/boundary/host_fd.h"
#include "enclave/boundary/host_state.h"
#include "enclave/boundary/receive_buffers.h"
#include "enclave/boundary/round.h"
#include "enclave/file/file.h"
#include "enclave/file/recall_thread.h"
#include "enclave/process/limits.h"
#include "enclave/process/signal.h"
#include "enclave/sched/mutex.h"

namespace scone::fake {
namespace {

Kernel g_kernel = real_kernel;
std::set<int> g_owned;
uint64_t g_unmapped_begin = 0, g_unmapped_end = 0;
int g_allocations_left = -1;  // -1: no limit
bool g_batching = false;
bool g_recall_due = false;
uint64_t g_file_size_limit = UINT64_MAX;
uint64_t g_world_age = 0;
uint64_t g_own_age = 0;  // of the last crossing of this ethread
bool g_company = false;
uint64_t g_now_ns = 0;
std::deque<boundary::PostedCall*> g_posted;

bool faults(uint64_t address, size_t size) {
  if (size == 0) return false;
  return address < 4096 || (address < g_unmapped_end && address + size > g_unmapped_begin);
}

Result<uint64_t> perform(uint64_t number, std::initializer_list<uint64_t> arguments) {
  Call call{number, {}};
  std::copy(arguments.begin(), arguments.end(), call.arguments);
  journal().numbers.push_back(number);
  const int64_t answer = g_kernel(call);
  if (answer < 0) return Errno(static_cast<int>(-answer));
  return static_cast<uint64_t>(answer);
}

}  // namespace

int64_t real_kernel(const Call& call) {
  const auto& a = call.arguments;
  const long result = syscall(static_cast<long>(call.number), a[0], a[1], a[2], a[3], a[4], a[5]);
  return result < 0 ? -errno : result;
}

KernelGuard::KernelGuard(Kernel kernel) { g_kernel = std::move(kernel); }
KernelGuard::~KernelGuard() { g_kernel = real_kernel; }

Kernel lie_about(uint64_t number, std::function<int64_t(const Call&)> lie) {
  return [number, lie](const Call& call) { return call.number == number ? lie(call) : real_kernel(call); };
}

Journal& journal() {
  static Journal journal;
  return journal;
}

std::vector<int>& raised_signals() {
  static std::vector<int> signals;
  return signals;
}

UnmappedRange::UnmappedRange(const void* address, size_t size) {
  g_unmapped_begin = reinterpret_cast<uint64_t>(address);
  g_unmapped_end = g_unmapped_begin + size;
}
UnmappedRange::~UnmappedRange() { g_unmapped_begin = g_unmapped_end = 0; }

MemoryShortage::MemoryShortage(int successes) { g_allocations_left = successes; }
MemoryShortage::~MemoryShortage() { g_allocations_left = -1; }

int owned_descriptors() { return static_cast<int>(g_owned.size()); }

void set_file_size_limit(uint64_t bytes) { g_file_size_limit = bytes; }
void set_recall_due(bool due) { g_recall_due = due; }
void set_now_ns(uint64_t now) { g_now_ns = now; }

BatchingGuard::BatchingGuard() { g_batching = true; }
BatchingGuard::~BatchingGuard() {
  while (!g_posted.empty()) cross();
  g_batching = false;
}

ReceiveBuffers& receive_buffers() {
  static ReceiveBuffers buffers;
  return buffers;
}

}  // namespace scone::fake

namespace {

void* allocate_or_null(size_t size) {
  int& left = scone::fake::g_allocations_left;
  if (left == 0) return nullptr;
  if (left > 0) --left;
  return malloc(size);
}

}  // namespace

void* operator new(size_t size, const std::nothrow_t&) noexcept { return allocate_or_null(size); }
void* operator new[](size_t size, const std::nothrow_t&) noexcept { return allocate_or_null(size); }
// All of them, so that those that may fail and those that may not fit together.
void* operator new(size_t size) {
  if (void* object = malloc(size)) return object;
  throw std::bad_alloc();
}
void* operator new[](size_t size) { return operator new(size); }
void operator delete(void* object) noexcept { free(object); }
void operator delete[](void* object) noexcept { free(object); }
void operator delete(void* object, size_t) noexcept { free(object); }
void operator delete[](void* object, size_t) noexcept { free(object); }

namespace scone::boundary {

Result<uint64_t> host_call(uint64_t number, uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4,
                           uint64_t a5) {
  return fake::perform(number, {a0, a1, a2, a3, a4, a5});
}

Result<uint64_t> host_call_blocking(uint64_t number, uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3,
                                    uint64_t a4, uint64_t a5) {
  fake::journal().blocking.push_back(number);
  return fake::perform(number, {a0, a1, a2, a3, a4, a5});
}

void host_violation(const char* what) { throw fake::Violation{what}; }
void panic(const char* what) { throw fake::Violation{std::string("panic: ") + what}; }

Result<uint64_t> check_result(int64_t result) {
  if (result >= 0) return static_cast<uint64_t>(result);
  if (result < -4095 || (result <= -512 && result >= -516)) host_violation("a result that no kernel returns");
  return Errno(static_cast<int>(-result));
}

uint64_t check_count(uint64_t result, uint64_t limit) {
  if (result > limit) host_violation("more bytes than were asked for");
  return result;
}

const abi::StartInfo& start_info() {
  static abi::StartInfo info{};
  info.pid = static_cast<uint64_t>(getpid());
  info.flags = fake::g_batching ? abi::kFlagBatched | abi::kFlagReceiveAhead : 0;
  return info;
}

// Without a BatchingGuard no engine posts calls: each is a crossing of its own.
bool batching() { return fake::g_batching; }
uint64_t world_age() { return fake::g_world_age; }
bool nothing_since_own_crossing() { return fake::g_own_age == fake::g_world_age; }
bool calls_wait_for_company() { return fake::g_company; }
Result<uint64_t> host_call_now(uint64_t number, uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4,
                               uint64_t a5) {
  return host_call(number, a0, a1, a2, a3, a4, a5);
}
void host_calls(std::span<const CallArguments> calls, std::span<int64_t> results) {
  fake::cross();
  for (size_t i = 0; i < calls.size(); ++i) {
    const auto& a = calls[i].arguments;
    const Result<uint64_t> result = fake::perform(calls[i].number, {a[0], a[1], a[2], a[3], a[4], a[5]});
    results[i] = result.ok() ? static_cast<int64_t>(result.value()) : -result.error().code();
  }
}
void host_calls_now(std::span<const CallArguments> calls, std::span<int64_t> results) {
  host_calls(calls, results);
}
bool posts_travel(uint64_t) { return true; }
uint64_t posted() { return fake::g_posted.size(); }
void post(PostedCall& call) {
  if (!batching()) panic("a call was posted");
  fake::g_posted.push_back(&call);
}
void post_effect(PostedCall& call) { post(call); }
bool effects_wait() { return !fake::g_posted.empty(); }
void flush_effects() {
  while (effects_wait()) fake::cross();
}
void await_effects() { flush_effects(); }
bool is_last_posted(const PostedCall& call) {
  return !fake::g_posted.empty() && fake::g_posted.back() == &call;
}
void forget_answers() {}
bool receive_buffers_scarce() { return fake::receive_buffers().scarce; }
HostBuffer take_receive_buffer(uint64_t, uint64_t length) {
  HostBuffer buffer = HostBuffer::allocate(length).take();
  buffer.write(0, fake::receive_buffers().content.data(), length);
  return buffer;
}

// The friend of PostedCall.
class Round {
 public:
  static int64_t perform(PostedCall& call, bool& chain_broken) {
    if (!call.linked_) chain_broken = false;
    if (chain_broken) return -ECANCELED;
    fake::Call made{call.call_.number, {}};
    std::copy(std::begin(call.call_.arguments), std::end(call.call_.arguments), made.arguments);
    fake::journal().posted.push_back(made.number);
    const int64_t result = fake::g_kernel(made);
    chain_broken = call.awaited_ || result != call.expected_;
    return result;
  }
};

Result<HostBuffer> HostBuffer::allocate(size_t size) {
  HostBuffer buffer;
  buffer.address_ = reinterpret_cast<uint64_t>(malloc(size ? size : 1));
  buffer.size_ = size;
  return buffer;
}
HostBuffer::HostBuffer(HostBuffer&& other) noexcept
    : address_(std::exchange(other.address_, 0)), size_(std::exchange(other.size_, 0)) {}
HostBuffer& HostBuffer::operator=(HostBuffer&& other) noexcept {
  std::swap(address_, other.address_);
  std::swap(size_, other.size_);
  return *this;
}
HostBuffer::~HostBuffer() { free(reinterpret_cast<void*>(address_)); }
void HostBuffer::write(size_t offset, const void* from, size_t length) {
  if (offset + length > size_) panic("write beyond a buffer");
  memcpy(reinterpret_cast<char*>(address_) + offset, from, length);
}
void HostBuffer::read(size_t offset, void* to, size_t length) const {
  if (offset + length > size_) panic("read beyond a buffer");
  memcpy(to, reinterpret_cast<const char*>(address_) + offset, length);
}
Result<void> HostBuffer::write_from_app(size_t offset, AppPtr<const void> from, size_t length) {
  if (fake::faults(from.address(), length)) return Errno(EFAULT);
  write(offset, reinterpret_cast<const void*>(from.address()), length);
  return ok();
}
Result<void> HostBuffer::read_to_app(size_t offset, AppPtr<void> to, size_t length) const {
  if (fake::faults(to.address(), length)) return Errno(EFAULT);
  read(offset, reinterpret_cast<void*>(to.address()), length);
  return ok();
}
Result<HostBuffer> HostBuffer::string(const char* text) {
  HostBuffer buffer = TRY(allocate(strlen(text) + 1));
  buffer.write(0, text, strlen(text) + 1);
  return buffer;
}

// Files in use are noted; otherwise as the enclave's own.
HostFd HostFd::claim(uint64_t result) {
  HostFd fd;
  fd.fd_ = static_cast<int>(result);
  if (!fake::g_owned.insert(fd.fd_).second) host_violation("a descriptor that is in use already");
  return fd;
}
Result<HostFd> HostFd::adopt(uint64_t result) { return claim(result); }
HostFd HostFd::inherited(int number) {
  HostFd fd;
  fd.fd_ = number;
  fd.owned_ = false;
  return fd;
}
HostFd& HostFd::operator=(HostFd&& other) noexcept {
  std::swap(fd_, other.fd_);
  std::swap(owned_, other.owned_);
  return *this;
}
HostFd::~HostFd() {
  if (fd_ < 0 || !owned_) return;
  fake::g_owned.erase(fd_);
  close(fd_);
}

Result<void> copy_from_app(void* to, AppPtr<const void> from, size_t size) {
  if (fake::faults(from.address(), size)) return Errno(EFAULT);
  memcpy(to, reinterpret_cast<const void*>(from.address()), size);
  return ok();
}
Result<void> copy_to_app(AppPtr<void> to, const void* from, size_t size) {
  if (fake::faults(to.address(), size)) return Errno(EFAULT);
  memcpy(reinterpret_cast<void*>(to.address()), from, size);
  return ok();
}
Result<size_t> copy_string_from_app(char* to, AppPtr<const char> from, size_t capacity) {
  if (fake::faults(from.address(), 1)) return Errno(EFAULT);
  const auto* text = reinterpret_cast<const char*>(from.address());
  const size_t length = strnlen(text, capacity);
  if (length == capacity) return Errno(ENAMETOOLONG);
  memcpy(to, text, length + 1);
  return length;
}

}  // namespace scone::boundary

namespace scone::fake {

void cross_elsewhere() { ++g_world_age; }

void set_company(bool company) { g_company = company; }

void cross() {
  g_own_age = ++g_world_age;
  std::vector<std::pair<boundary::PostedCall*, int64_t>> answers;
  bool chain_broken = false;
  for (boundary::PostedCall* call : std::exchange(g_posted, {}))
    answers.emplace_back(call, boundary::Round::perform(*call, chain_broken));
  for (auto [call, result] : answers) call->complete(result);
}

}  // namespace scone::fake

namespace scone::sched {

// The tests have one thread.
void Mutex::lock() {
  if (held_) boundary::panic("mutex taken twice");
  held_ = true;
}
void Mutex::unlock() { held_ = false; }
void park(uint64_t) { boundary::panic("nothing would wake this thread"); }
void unpark(Lthread&) {}
void yield() {}
bool interrupted() { return false; }
uint64_t now_ns() { return fake::g_now_ns; }

}  // namespace scone::sched

namespace scone::file {

bool start_recall_thread() { return true; }
bool recall_is_due() { return fake::g_recall_due; }

}  // namespace scone::file

namespace scone::process {

void raise_for_current(int signal) { fake::raised_signals().push_back(signal); }
Limit limit(unsigned) { return {fake::g_file_size_limit, UINT64_MAX}; }

}  // namespace scone::process
