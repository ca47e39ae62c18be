// The cores that host threads keep to.
#pragma once

#include <sched.h>

#include <vector>

namespace scone::host {

// A new thread inherits the core of the one that makes it, so whoever has none must say so.
class Pinning {
 public:
  // cores[i]: of the thread that carries ethread i; negative or missing: any. Made before the first thread is pinned.
  explicit Pinning(std::vector<int> cores);

  // The calling thread carries this ethread. A core that the host refuses to give is done without: it is a wish about speed.
  void pin_ethread(unsigned number) const;
  // The calling thread carries none.
  void unpin() const;

 private:
  std::vector<int> cores_;
  cpu_set_t all_;
  bool is_used_;
};

}  // namespace scone::host
