#include "tests/mm/linux_area.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <stdexcept>

namespace scone::mm {
namespace {

constexpr uint64_t kPage = 4096;

}  // namespace

LinuxArea::LinuxArea(uint64_t begin, uint64_t pages) : begin_(begin), pages_(pages) {
  if (::pipe(pipe_) != 0) throw std::runtime_error("pipe");
}

LinuxArea::~LinuxArea() {
  ::munmap(reinterpret_cast<void*>(begin_), pages_ * kPage);
  ::close(pipe_[0]);
  ::close(pipe_[1]);
}

std::vector<LinuxArea::Mapping> LinuxArea::mappings() const {
  std::vector<Mapping> found;
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) {
    uint64_t begin, end;
    char rights[5];
    if (std::sscanf(line.c_str(), "%lx-%lx %4s", &begin, &end, rights) != 3) continue;
    begin = std::max(begin, begin_);
    end = std::min(end, begin_ + pages_ * kPage);
    if (begin < end) found.push_back({begin, end, rights});
  }
  return found;
}

std::vector<std::string> LinuxArea::page_rights() const {
  std::vector<std::string> rights(pages_);
  for (const Mapping& mapping : mappings())
    for (uint64_t at = mapping.begin; at < mapping.end; at += kPage)
      rights[(at - begin_) / kPage] = mapping.rights;
  return rights;
}

// The kernel's copies check as a program's accesses are checked, and answer EFAULT instead of a signal.
bool LinuxArea::load(uint64_t address, void* to, size_t size) const {
  if (::write(pipe_[1], reinterpret_cast<const void*>(address), size) != static_cast<ssize_t>(size))
    return false;
  return ::read(pipe_[0], to, size) == static_cast<ssize_t>(size);
}

bool LinuxArea::store(uint64_t address, const void* from, size_t size) const {
  if (::write(pipe_[1], from, size) != static_cast<ssize_t>(size)) return false;
  if (::read(pipe_[0], reinterpret_cast<void*>(address), size) == static_cast<ssize_t>(size)) return true;
  char drained[64];
  while (size > 0)
    size -=
        static_cast<size_t>(std::max<ssize_t>(0, ::read(pipe_[0], drained, std::min(size, sizeof drained))));
  return false;
}

}  // namespace scone::mm
