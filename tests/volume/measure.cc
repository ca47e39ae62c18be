// Speed of volumes on this machine, without an enclave: volume_measure DIRECTORY (is emptied of what it makes).
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "cli/posix_storage.h"
#include "crypto/aes_gcm.h"
#include "volume/volume.h"

namespace {

using namespace scone;
using namespace scone::volume;
using Clock = std::chrono::steady_clock;

class Silent : public Surroundings {
 public:
  int64_t now() override { return ++time_; }
  void on_new_tag(const Tag&) override {}
  void report(const Failure& failure) override {
    fprintf(stderr, "%.*s: %.*s\n", static_cast<int>(failure.path.size()), failure.path.data(),
            static_cast<int>(failure.reason.size()), failure.reason.data());
  }

 private:
  int64_t time_ = 0;
};

template <typename T>
T must(Result<T> result) {
  if (!result.ok()) {
    fprintf(stderr, "error %d\n", result.error().code());
    exit(1);
  }
  return result.take();
}

template <typename Function>
double seconds(Function function) {
  const auto begin = Clock::now();
  function();
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

const std::vector<uint8_t> kKey(32, 7);

Volume* open_volume(Storage& storage, Surroundings& around, const std::string& path) {
  return must(Volume::mount(storage, around, {.fspf = path, .key = kKey, .is_mutable = true}));
}

void measure_seal() {
  crypto::AesGcm gcm;
  must(gcm.set_key(kKey));
  std::vector<uint8_t> plain(4096), sealed(4096);
  uint8_t nonce[12] = {}, tag[16], position[16] = {};
  constexpr int kTimes = 200'000;
  const double time = seconds([&] {
    for (int i = 0; i < kTimes; ++i) {
      nonce[0] = static_cast<uint8_t>(i);
      must(gcm.seal(nonce, position, plain, sealed.data(), tag));
    }
  });
  printf("seal 4 KiB                     %8.2f us  %6.2f GB/s\n", time / kTimes * 1e6,
         kTimes * 4096 / time / 1e9);
}

void measure_contents(Storage& storage, const std::string& path) {
  Silent around;
  Volume* volume = open_volume(storage, around, path);
  Node* node = must(volume->create_file(*volume->region(0).root, "f", {.mode = 0644}));
  volume->hold(*node);
  constexpr uint64_t kSize = uint64_t{256} << 20;
  std::vector<uint8_t> bytes(65536, 1);
  const auto rate = [&](const char* name, size_t size, auto call) {
    const double time = seconds([&] {
      for (uint64_t offset = 0; offset + size <= kSize; offset += size) call(offset, size);
    });
    printf("%-30s %8.0f MB/s\n", name, static_cast<double>(kSize) / time / 1e6);
  };
  const auto write = [&](uint64_t offset, size_t size) {
    must(volume->write(*node, offset, {bytes.data(), size}));
  };
  const auto read = [&](uint64_t offset, size_t size) {
    must(volume->read(*node, offset, {bytes.data(), size}));
  };
  const auto scattered = [](uint64_t offset, size_t size) {
    return offset * 2654435761u % (kSize - size) / size * size;
  };
  rate("write 64 KiB sequential", 65536, write);
  printf("%-30s %8.3f s\n", "sync", seconds([&] { must(volume->sync(*node)); }));
  rate("overwrite 64 KiB sequential", 65536, write);
  must(volume->sync(*node));
  rate("read 64 KiB sequential", 65536, read);
  rate("read 4 KiB sequential", 4096, read);
  rate("read 4 KiB scattered", 4096,
       [&](uint64_t offset, size_t size) { read(scattered(offset, size), size); });
  rate("write 4 KiB scattered", 4096,
       [&](uint64_t offset, size_t size) { write(scattered(offset, size), size); });
  must(volume->sync(*node));
  constexpr int kCommits = 500;
  const double time = seconds([&] {
    for (int i = 0; i < kCommits; ++i) {
      write(scattered(static_cast<uint64_t>(i) << 12, 4096), 4096);
      must(volume->sync(*node));
    }
  });
  printf("%-30s %8.1f us\n", "write 4 KiB and sync", time / kCommits * 1e6);
  must(volume->release(*node));
  delete volume;
}

void measure_many_files(Storage& storage, const std::string& path) {
  Silent around;
  Volume* volume = open_volume(storage, around, path);
  constexpr int kFiles = 100'000, kDirectories = 100;
  const std::string text(100, 'x');
  const double making = seconds([&] {
    for (int d = 0; d < kDirectories; ++d) {
      Node* directory = must(
          volume->make_directory(*volume->region(0).root, "directory" + std::to_string(d), {.mode = 0755}));
      for (int i = 0; i < kFiles / kDirectories; ++i) {
        Node* node =
            must(volume->create_file(*directory, "some-file-name-" + std::to_string(i), {.mode = 0644}));
        volume->hold(*node);
        must(volume->write(*node, 0, {reinterpret_cast<const uint8_t*>(text.data()), text.size()}));
        must(volume->release(*node));
      }
    }
  });
  printf("%-30s %8.2f s\n", "create 100,000 files", making);
  printf("%-30s %8.2f s\n", "sync them", seconds([&] { must(volume->sync_all()); }));
  delete volume;
  printf("%-30s %8.3f s  (%ju bytes of metadata)\n", "mount",
         seconds([&] { volume = open_volume(storage, around, path); }),
         static_cast<uintmax_t>(std::filesystem::file_size(path)));
  delete volume;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const std::filesystem::path directory = std::filesystem::path(argv[1]) / "volume-measure";
  std::filesystem::remove_all(directory);
  std::filesystem::create_directories(directory);
  const std::string path = directory / "volume.fspf";
  cli::PosixStorage storage;
  Silent around;
  must(Volume::create(storage, around, path));
  Volume* volume = must(Volume::mount(storage, around, {.fspf = path, .is_mutable = true}));
  must(volume->add_region({.path = ".", .kernel_path = "."}));
  must(volume->encrypt(kKey));
  delete volume;
  measure_seal();
  measure_contents(storage, path);
  measure_many_files(storage, path);
  std::filesystem::remove_all(directory);
  return 0;
}
