// Executable segments made by hand, with unwind tables to match.
#pragma once

#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <vector>

#include "enclave/rewrite/rewrite.h"
#include "tests/rewrite/checker.h"

namespace scone::rewrite {

using Bytes = std::vector<uint8_t>;

inline Bytes operator+(Bytes left, const Bytes& right) {
  left.insert(left.end(), right.begin(), right.end());
  return left;
}

// Instructions the tests are made of.
namespace code {
inline const Bytes kSyscall{0x0f, 0x05};
inline const Bytes kRet{0xc3};
inline const Bytes kNop{0x90};
inline const Bytes kMovEax{0xb8, 39, 0, 0, 0};                   // mov eax, 39
inline const Bytes kCmpRax{0x48, 0x3d, 0x01, 0xf0, 0xff, 0xff};  // cmp rax, -4095
inline const Bytes kMovRdiRax{0x48, 0x89, 0xc7};                 // mov rdi, rax
inline const Bytes kPush{0x50};                                  // push rax
inline Bytes with32(Bytes opcode, int32_t number) {
  Bytes tail(4);
  std::memcpy(tail.data(), &number, 4);
  return opcode + tail;
}
inline Bytes jump(int32_t distance) { return with32({0xe9}, distance); }
inline Bytes call(int32_t distance) { return with32({0xe8}, distance); }
inline Bytes above(int32_t distance) { return with32({0x0f, 0x87}, distance); }  // ja rel32
inline Bytes nops(size_t count) { return Bytes(count, 0x90); }
}  // namespace code

// A segment at kCode, its unwind tables at kTables, trampolines at kArea.
class Segment {
 public:
  static constexpr uint64_t kCode = 0x7f0000400000, kTables = 0x7f0000800000, kArea = 0x7f0000600000;
  static constexpr EntryOffsets kEntries{0x48, 0x50};

  // Each returns the offset of the bytes in the segment.
  uint32_t function(const Bytes& bytes) { return function(bytes, static_cast<int32_t>(bytes.size())); }
  // With an FDE of another size than it has.
  uint32_t function(const Bytes& bytes, int32_t described_size);
  uint32_t gap(const Bytes& bytes);

  // Lays out tables; afterwards tables() may be damaged. rewrite() does so itself if it was not called.
  void finish();
  Bytes& tables() { return tables_; }
  uint64_t first_fde() const { return first_fde_; }  // offset in tables()

  CodeView view() { return {kCode, bytes_}; }
  UnwindView unwind() { return {kTables, {kTables, tables_}}; }
  TrampolineArea area() { return {area_address, area_}; }
  Result<Outcome> rewrite();
  // What the independent checker finds wrong.
  std::string complaint();
  std::vector<Site> sites() { return sites_in(table, kCode, kCode + bytes_.size()); }
  bool unchanged() const { return bytes_ == original_; }
  const Bytes& bytes() const { return bytes_; }
  const Bytes& original() const { return original_; }

  SiteTable table;
  uint64_t area_address = kArea;
  size_t area_size = 32 << 10;

 private:
  struct Function {
    uint32_t offset;
    int32_t size;
  };
  Bytes bytes_, original_, tables_, area_;
  std::vector<Function> functions_;
  uint64_t first_fde_ = 0;
};

}  // namespace scone::rewrite
