// A file system protection file that a verb of `scone fspf` works on.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "cli/posix_storage.h"
#include "volume/volume.h"

namespace scone::cli {

// Prints "scone: …" and ends with kFailure.
[[noreturn]] void fspf_failed(const std::string& message);

class Description : private volume::Surroundings {
 public:
  // `key` in hexadecimal digits; empty for one that is not encrypted yet.
  Description(const std::string& path, const std::string& key);
  ~Description() override = default;

  void create();  // the file
  void open(bool is_mutable);
  void commit();
  std::string tag();              // of the open description
  std::string tag_without_key();  // of the file, not verified
  volume::Volume& volume() { return *volume_; }
  const std::string& path() const { return path_; }
  // The region that has just this path. Fails if there is none.
  const volume::Region& region(const std::string& path);
  // Ends with the reason that was reported, if `result` is an error.
  template <typename T>
  T check(Result<T> result, const std::string& what) {
    if (!result.ok()) failed(what, result.error());
    return result.take();
  }

 private:
  int64_t now() override;
  void on_new_tag(const volume::Tag&) override {}
  void report(const volume::Failure& failure) override;
  [[noreturn]] void failed(const std::string& what, Errno error);

  const std::string path_;
  std::vector<uint8_t> key_;
  PosixStorage storage_;
  std::string reported_;
  std::unique_ptr<volume::Volume> volume_;
};

}  // namespace scone::cli
