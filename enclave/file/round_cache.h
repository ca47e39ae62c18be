// What the host said of files, for as long as it stays true.
//
// Nothing outside can have changed, as far as the program could know, until the enclave is left again: so a file that was just opened, looked at or
// read may be opened, looked at or read once more without asking. The next crossing of any ethread forgets everything, and so does a change
// that the program makes itself (write_behind.h). Of failures only that there is no such file is kept, of open files only those for reading. Used by
// the engines that post calls; otherwise each call is a crossing, and nothing is ever found here.
#pragma once

#include <asm/stat.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/ref.h"
#include "enclave/boundary/host_buffer.h"
#include "enclave/file/host_descriptor.h"

namespace scone::file {

// A file's attributes, and its whole contents if they are few. Contents lie in host memory: as trustworthy as a read.
struct Snapshot final : RefCounted {
  struct ::stat stat;
  HostBuffer answer;           // what open_and_look() left there
  uint32_t path_hash = 0;
  size_t content_offset = 0;   // in answer
  bool has_content = false;    // all st_size bytes of it
  // SAFETY: host memory that this object owns; may change at any time, so each byte is copied once.
  void* content() const { return reinterpret_cast<void*>(answer.address() + content_offset); }
};

namespace round_cache {

// A question to the host whose answer may be remembered. If others ask the same at the moment it is asked at once, so that they find the
// answer; otherwise it travels as any call, and then its answer is for the asker only.
class Question {
 public:
  // `hash` tells questions apart. Lets the others run first where they could.
  explicit Question(uint32_t hash);
  // Nobody else asks it meanwhile, or it was asked already and answered just now.
  Question() : alone_(true) {}
  // Call once.
  Result<uint64_t> ask(uint64_t number, uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4 = 0, uint64_t a5 = 0) const;
  // Nothing can have changed since the answer. Precondition: the thread has not parked since it asked.
  bool still_current() const;

 private:
  const bool alone_;
};

struct Opened {
  Ref<HostDescriptor> descriptor;
  Ref<Snapshot> snapshot;
};

// Paths are the program's, absolute or relative to the working directory. Thread safe; not for scheduler context.
std::optional<Opened> find_open(std::string_view path, int flags);
void remember_open(const Question& question, std::string_view path, int flags, const Opened& opened);
// What was seen when the descriptor was opened; none.
Ref<Snapshot> find(const HostDescriptor& descriptor);
// Attributes, or ENOENT; none: not known.
std::optional<Result<void>> find_stat(std::string_view path, int flags, struct ::stat& result);
void remember_stat(const Question& question, std::string_view path, int flags, const struct ::stat& stat);
void remember_absent(const Question& question, std::string_view path, int flags);
// The same of regular files that are open.
bool find_stat(const HostDescriptor& descriptor, struct ::stat& result);
void remember_stat(const Question& question, const HostDescriptor& descriptor, const struct ::stat& stat);

// After a crossing.
void forget_all();

}  // namespace round_cache
}  // namespace scone::file
