// A protection file made by anybody: not encrypted, so that the parser sees what the fuzzer makes, with tags that fit.
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>

#include "tests/volume/memory_storage.h"
#include "crypto/sha256.h"
#include "volume/format.h"
#include "volume/volume.h"

namespace {

using namespace scone;
using namespace scone::volume;
using test::Contents;

class Silent : public Surroundings {
 public:
  int64_t now() override { return 1; }
  void on_new_tag(const Tag&) override {}
  void report(const Failure&) override {}
};

void put(Contents& bytes, uint64_t value, size_t size) {
  for (size_t i = 0; i < size; ++i) bytes.push_back(static_cast<uint8_t>(value >> (8 * i)));
}

// The input is cut at 0xff 0xff into payloads; each becomes a record that verifies.
Contents protection_file(const uint8_t* data, size_t size) {
  Contents file(kMagic, kMagic + sizeof kMagic);
  put(file, kVersion, 4);
  file.resize(kFileHeaderSize);
  auto digest = crypto::sha256({Bytes(file)}).take();
  Contents previous(digest.begin(), digest.begin() + kTagSize);
  for (uint64_t sequence = 0; size > 0; ++sequence) {
    size_t length = 0;
    while (length < size && !(length + 1 < size && data[length] == 0xff && data[length + 1] == 0xff)) ++length;
    Contents header;
    put(header, kRecordMagic, 4);
    put(header, length, 4);
    put(header, sequence, 8);
    put(header, 0, 8);
    put(header, sequence == 0 ? 2 : 3, 1);
    put(header, 0, 7);
    digest = crypto::sha256({Bytes(previous), Bytes(header), Bytes(data, length)}).take();
    previous.assign(digest.begin(), digest.begin() + kTagSize);
    header.insert(header.end(), previous.begin(), previous.end());
    file.insert(file.end(), header.begin(), header.end());
    file.insert(file.end(), data, data + length);
    while (file.size() % kRecordAlignment) file.push_back(0);
    const size_t used = std::min(length + 2, size);
    data += used;
    size -= used;
  }
  return file;
}

void use(Volume& volume, Node& node, int depth) {
  uint64_t cursor = 0;
  while (const Node* entry = Volume::next_entry(node, cursor, &cursor))
    if (depth < 20) use(volume, const_cast<Node&>(*entry), depth + 1);
  if (node.type() != NodeType::kFile) return;
  uint8_t bytes[100];
  volume.hold(node);
  (void)volume.read(node, 0, bytes);
  (void)volume.write(node, 50, bytes);
  (void)volume.truncate(node, 700);
  (void)volume.release(node);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  test::MemoryStorage storage;
  Silent around;
  delete storage.open("f", OpenMode::kCreate).take();
  // Once as it is, once as records that verify.
  storage.files()["f"]->now = size % 2 ? Contents(data, data + size) : protection_file(data, size);
  auto mounted = Volume::mount(storage, around, {.fspf = "f", .is_mutable = true});
  if (!mounted.ok()) return 0;
  const std::unique_ptr<Volume> volume(mounted.value());
  for (size_t i = 0; i < volume->region_count(); ++i)
    if (volume->region(i).root) use(*volume, *volume->region(i).root, 0);
  (void)volume->sync_all();
  // What we wrote, we can read.
  const Tag tag = volume->tag();
  mounted.value() = nullptr;
  test::MemoryStorage later = storage.copy();
  auto again = Volume::mount(later, around, {.fspf = "f", .expected_tag = tag});
  if (!again.ok()) abort();
  delete again.value();
  return 0;
}
