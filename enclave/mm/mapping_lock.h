// The address space's lock, as an interface: sched::Mutex in the enclave, std::mutex in unit tests.
#pragma once

namespace scone::mm {

// Sleeps while waiting; held across host calls (file reads). Not recursive.
class Lock {
 public:
  virtual void lock() = 0;
  virtual void unlock() = 0;

 protected:
  ~Lock() = default;
};

class [[nodiscard]] LockGuard {
 public:
  explicit LockGuard(Lock& lock) : lock_(lock) { lock_.lock(); }
  ~LockGuard() { lock_.unlock(); }
  LockGuard(const LockGuard&) = delete;
  LockGuard& operator=(const LockGuard&) = delete;

 private:
  Lock& lock_;
};

}  // namespace scone::mm
