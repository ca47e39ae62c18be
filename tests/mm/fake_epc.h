// Enclave pages on the host, for unit tests: real memory whose protection is the EPCM's, so that contents can be checked.
#pragma once

#include <cstdint>
#include <unordered_map>

#include "enclave/mm/epc.h"

namespace scone::mm {

// Reports every operation that SGX would refuse as a test failure.
class FakeEpc : public Epc {
 public:
  // Reserves [begin, begin + size); anywhere if begin is 0.
  FakeEpc(uint64_t begin, uint64_t size);
  ~FakeEpc();
  FakeEpc(const FakeEpc&) = delete;

  Result<void> accept(uint64_t address, uint64_t pages) override;
  Result<void> accept_copy(uint64_t address, uint64_t source, uint64_t pages, Prot prot) override;
  Result<void> extend(uint64_t address, uint64_t pages, Prot prot) override;
  Result<void> restrict(uint64_t address, uint64_t pages, Prot prot) override;
  Result<void> trim(uint64_t address, uint64_t pages) override;

  uint64_t begin() const { return begin_; }
  uint64_t end() const { return begin_ + size_; }
  uint64_t accepted() const { return pages_.size(); }
  bool is_accepted(uint64_t address) const { return pages_.count(address & ~uint64_t{4095}) != 0; }
  // kNone if not accepted.
  Prot prot(uint64_t address) const;

  // The n-th operation from now (0: the next) that adds pages or changes rights fails with ENOMEM, and all after it until
  // reset; -1: none.
  void fail_from(int n) { fail_from_ = n; }
  // Only the n-th.
  void fail_once_after(int n) {
    fail_from_ = n;
    once_ = true;
  }

  int accepts = 0, copies = 0, extends = 0, restricts = 0, trims = 0;  // calls

 private:
  bool must_fail();
  void protect(uint64_t address, uint64_t pages, Prot prot);
  void expect_accepted(uint64_t address, uint64_t pages, bool accepted) const;

  uint64_t begin_;
  uint64_t size_;
  int fail_from_ = -1;
  bool once_ = false;
  std::unordered_map<uint64_t, Prot> pages_;
};

}  // namespace scone::mm
