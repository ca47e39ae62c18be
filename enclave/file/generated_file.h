// A read-only file whose contents the enclave makes when they are read.
#pragma once

#include <cstdint>
#include <optional>

#include "base/result.h"
#include "enclave/file/file.h"
#include "enclave/file/text.h"
#include "enclave/sched/mutex.h"

namespace scone::file {

// Fills `to` with the contents; `number` is whatever the file was opened with.
using Generator = Result<void> (*)(Text& to, int number);

// As the kernel's seq_file: each read at offset 0 makes the contents anew, the reads behind it continue the same text.
class GeneratedFile final : public File {
 public:
  GeneratedFile(Generator generator, int number, uint16_t permissions, uint64_t inode, int flags)
      : File(flags), generator_(generator), number_(number), permissions_(permissions), inode_(inode) {}

  Result<size_t> read(IoVector& to, std::optional<uint64_t> offset) override;
  Result<uint64_t> seek(int64_t offset, int whence) override;
  Result<void> stat(struct ::stat& result) override;

 private:
  Result<size_t> read_at(IoVector& to, uint64_t offset);  // lock_ held

  const Generator generator_;
  const int number_;
  const uint16_t permissions_;
  const uint64_t inode_;
  sched::Mutex lock_;
  Text text_;
  uint64_t position_ = 0;
};

// struct stat of a made-up file.
void fill_stat(struct ::stat& result, uint32_t mode, uint64_t inode, uint64_t size);

}  // namespace scone::file
