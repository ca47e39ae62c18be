// A file whose contents the enclave makes when they are read.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/result.h"
#include "enclave/file/file.h"
#include "enclave/file/text.h"
#include "enclave/sched/mutex.h"

namespace scone::file {

// Fills `to` with the contents of a file; `number` tells which thread or descriptor it is about.
using Generator = Result<void> (*)(Text& to, int number);
// Takes what was written by one call.
using Acceptor = Result<void> (*)(std::string_view text, int number);

// As the kernel's seq_file: each read at offset 0 makes the contents anew, the reads behind it continue the same text.
class GeneratedFile final : public File {
 public:
  struct Origin {
    std::string_view name;  // below /proc/self; constant
    int number;             // for the generator
    uint16_t permissions;
    uint64_t inode;
    Generator generate;
    Acceptor accept;  // nullptr: it cannot be written
  };
  GeneratedFile(const Origin& origin, int flags);

  Result<size_t> read(IoVector& to, std::optional<uint64_t> offset) override;
  Result<size_t> write(IoVector& from, std::optional<uint64_t> offset) override;
  Result<uint64_t> seek(int64_t offset, int whence) override;
  Result<void> stat(struct ::stat& result) override;
  const char* name() const override { return name_.c_str(); }

 private:
  Result<size_t> read_at(IoVector& to, uint64_t offset);  // lock_ held

  const Origin origin_;
  FixedText<48> name_;
  sched::Mutex lock_;
  Text text_;
  uint64_t position_ = 0;
};

// struct stat of a made-up file.
void fill_stat(struct ::stat& result, uint32_t mode, uint64_t inode, uint64_t size);
// struct statfs of a file system without blocks. `magic`: <linux/magic.h>.
void fill_statfs(struct ::statfs& result, uint64_t magic);

}  // namespace scone::file
