// The border as the file layer sees it, on the host: calls go to the real kernel, or to a hostile one that a test writes.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace scone::fake {

// Thrown where the enclave would be stopped.
struct Violation {
  std::string what;
};

struct Call {
  uint64_t number;
  uint64_t arguments[6];
};

// What a test's kernel answers: as the kernel, -errno or a result.
using Kernel = std::function<int64_t(const Call&)>;
int64_t real_kernel(const Call& call);

// Replaces the kernel until the end of the scope.
class KernelGuard {
 public:
  explicit KernelGuard(Kernel kernel);
  ~KernelGuard();
};

// Lies about one call number only.
Kernel lie_about(uint64_t number, std::function<int64_t(const Call&)> lie);

// Calls made since the last clear(), with how they were made.
struct Journal {
  std::vector<uint64_t> numbers;
  std::vector<uint64_t> blocking;
  std::vector<uint64_t> posted;
  void clear() { numbers.clear(), blocking.clear(), posted.clear(); }
};
Journal& journal();

// Signals that raise_for_current() was asked for.
std::vector<int>& raised_signals();

// Copies to and from [address, address + size) fault until the end of the scope; so do those below 4096, always.
class UnmappedRange {
 public:
  UnmappedRange(const void* address, size_t size);
  ~UnmappedRange();
};

// The program has one thread until the end of the scope, not two.
class OnlyThreadGuard {
 public:
  OnlyThreadGuard();
  ~OnlyThreadGuard();
};

// Allocations with new (std::nothrow) fail after `successes` more, until the end of the scope.
class MemoryShortage {
 public:
  explicit MemoryShortage(int successes = 0);
  ~MemoryShortage();
};

// RLIMIT_FSIZE; unlimited at first.
void set_file_size_limit(uint64_t bytes);

// Somebody wants a delegated file.
void set_recall_due(bool due);

// What the clock says; 0 at first.
void set_now_ns(uint64_t now);

// The engine that posts calls, until the end of the scope; then what was posted is performed.
class BatchingGuard {
 public:
  BatchingGuard();
  ~BatchingGuard();
};
// Leaves and returns: performs what was posted, and hands out the results.
void cross();
// A crossing of another ethread.
void cross_elsewhere();
// Whether calls wait for other threads' calls.
void set_company(bool company);

// Any receive buffer has this content; `scarce`: so many are in use that bytes are to be copied inside.
struct ReceiveBuffers {
  std::string content;
  bool scarce = false;
};
ReceiveBuffers& receive_buffers();

// Files of the host that HostFd owns at the moment.
int owned_descriptors();

}  // namespace scone::fake
