// A protection file made by anybody: not encrypted, so that the parser sees what the fuzzer makes, with tags that fit.
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>

#include "crypto/sha256.h"
#include "tests/volume/memory_storage.h"
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

// What a real volume's records say: directories, files with holes, removals, epochs.
std::vector<Contents> real_payloads() {
  test::MemoryStorage storage;
  Silent around;
  if (!Volume::create(storage, around, "f").ok()) abort();
  const std::unique_ptr<Volume> volume(
      Volume::mount(storage, around, {.fspf = "f", .is_mutable = true}).take());
  Region* region = volume->add_region({.path = "/", .kernel_path = ".", .chunk_size = 512}).take();
  (void)volume->sync_all();
  for (const char* name : {"a", "b", "c"}) {
    Node* directory = volume->make_directory(*region->root, name, {.mode = 0755}).take();
    Node* node = volume->create_file(*directory, "file", {.mode = 0644}).take();
    volume->hold(*node);
    const uint8_t bytes[700] = {};
    for (const uint64_t offset : {0, 5000, 100}) {
      (void)volume->write(*node, offset, bytes);
      (void)volume->sync(*node);
    }
    (void)volume->truncate(*node, 900);
    (void)volume->release(*node);
    (void)volume->rename(*directory, "file", *region->root, std::string("f") + name, RenameMode::kReplace);
    (void)volume->make_symlink(*directory, "link", "file", {});
    (void)volume->sync_all();
  }
  (void)volume->unlink(*region->root, "fa");
  (void)volume->sync_all();
  std::vector<Contents> payloads;
  const Contents& file = storage.files()["f"]->now;
  for (size_t at = kFileHeaderSize; at + kRecordHeaderSize < file.size() && file[at] == 'S';) {
    uint32_t size;
    memcpy(&size, &file[at + 4], 4);
    const auto begin = file.begin() + static_cast<ptrdiff_t>(at + kRecordHeaderSize);
    payloads.emplace_back(begin, begin + size);
    at = (at + kRecordHeaderSize + size + kRecordAlignment - 1) / kRecordAlignment * kRecordAlignment;
  }
  return payloads;
}

// Input as changes of the real payloads: record, position, value, each.
std::vector<Contents> changed_payloads(const uint8_t* data, size_t size) {
  static const std::vector<Contents> kReal = real_payloads();
  std::vector<Contents> payloads = kReal;
  for (; size >= 4; data += 4, size -= 4) {
    Contents& payload = payloads[data[0] % payloads.size()];
    payload[(data[1] | data[2] << 8) % payload.size()] = data[3];
  }
  return payloads;
}

// Input cut at 0xff 0xff.
std::vector<Contents> free_payloads(const uint8_t* data, size_t size) {
  std::vector<Contents> payloads(1);
  for (size_t i = 0; i < size; ++i) {
    if (i + 1 < size && data[i] == 0xff && data[i + 1] == 0xff) {
      payloads.emplace_back();
      ++i;
    } else {
      payloads.back().push_back(data[i]);
    }
  }
  return payloads;
}

// Each payload becomes a record that verifies.
Contents protection_file(const std::vector<Contents>& payloads) {
  Contents file(kMagic, kMagic + sizeof kMagic);
  put(file, kVersion, 4);
  file.resize(kFileHeaderSize);
  auto digest = crypto::sha256({Bytes(file)}).take();
  Contents previous(digest.begin(), digest.begin() + kTagSize);
  for (uint64_t sequence = 0; sequence < payloads.size(); ++sequence) {
    const Contents& payload = payloads[sequence];
    Contents header;
    put(header, kRecordMagic, 4);
    put(header, payload.size(), 4);
    put(header, sequence, 8);
    put(header, 0, 8);
    put(header, sequence == 0 ? 2 : 3, 1);
    put(header, 0, 7);
    digest = crypto::sha256({Bytes(previous), Bytes(header), Bytes(payload)}).take();
    previous.assign(digest.begin(), digest.begin() + kTagSize);
    header.insert(header.end(), previous.begin(), previous.end());
    file.insert(file.end(), header.begin(), header.end());
    file.insert(file.end(), payload.begin(), payload.end());
    while (file.size() % kRecordAlignment) file.push_back(0);
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
  if (size == 0) return 0;
  const uint8_t kind = data[0] % 4;
  ++data, --size;
  if (kind == 0)
    storage.files()["f"]->now = Contents(data, data + size);
  else
    storage.files()["f"]->now =
        protection_file(kind == 1 ? free_payloads(data, size) : changed_payloads(data, size));
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
