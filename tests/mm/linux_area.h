// A piece of this process's own address space, as Linux manages it: the reference for AddressSpace.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace scone::mm {

// Far below everything that the process maps by itself, so that Linux puts nothing else into its holes.
class LinuxArea {
 public:
  LinuxArea(uint64_t begin, uint64_t pages);
  ~LinuxArea();

  uint64_t begin() const { return begin_; }

  struct Mapping {
    uint64_t begin, end;  // clipped to the area
    std::string rights;   // as in /proc/self/maps: "rw-p"
  };
  std::vector<Mapping> mappings() const;
  // The rights of each page, "" if not mapped.
  std::vector<std::string> page_rights() const;
  // Reads or writes as a program would, but a fault is an answer: false.
  bool load(uint64_t address, void* to, size_t size) const;
  bool store(uint64_t address, const void* from, size_t size) const;

 private:
  uint64_t begin_;
  uint64_t pages_;
  int pipe_[2];
};

}  // namespace scone::mm
