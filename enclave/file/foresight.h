// What a program is used to asking of files once it has locked one, asked together with the lock.
//
// A database takes a lock and then looks whether anything has changed: the file's size, a counter in it, whether a journal is there. It asks
// the same each time, each question a crossing. So the questions that followed a lock the last time travel behind it, or, if the lock was granted
// inside (delegation.h), with the first of them. The answers wait here until the next crossing (round.h says why they are true until then), each for
// one use.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/result.h"
#include "enclave/boundary/host_buffer.h"
#include "enclave/boundary/slots.h"

namespace scone::file::foresight {

// A question to the host that changes nothing.
struct Inquiry {
  static constexpr size_t kMaxPath = 120;
  static constexpr size_t kMaxRead = 4096;

  uint64_t number = 0;      // system call: fstat, pread64, newfstatat
  uint64_t descriptor = 0;  // the host's, or AT_FDCWD
  uint64_t first = 0;       // pread64: bytes; newfstatat: flags
  uint64_t offset = 0;
  size_t path_size = 0;
  char path[kMaxPath] = {};

  static Inquiry stat(uint64_t descriptor);
  static Inquiry read(uint64_t descriptor, uint64_t offset, size_t size);
  // None: the path is too long.
  static std::optional<Inquiry> stat_path(std::string_view path, uint64_t flags);
  bool operator==(const Inquiry& other) const;
};

struct Answer {
  int64_t result;  // as the host gave it, a claim
  HostBuffer bytes;
};

// False: find() would do nothing. Most programs lock nothing, and need not put their questions into words.
bool is_of_use();
// Notes that the program asks this now, and returns the answer if it is here, or comes with others that are due. Thread safe; may leave the enclave.
std::optional<Answer> find(const Inquiry& inquiry);

// Performs a call by which a program locks or unlocks something of `descriptor`, with the questions that usually follow `what` (a hash of
// it) on this descriptor. As host_call().
Result<uint64_t> act(const boundary::CallArguments& call, uint64_t descriptor, uint32_t what);

// The same for what was done without the host.
void note_act_inside(uint64_t descriptor, uint32_t what);

// After a crossing.
void forget_all();

}  // namespace scone::file::foresight
