// What programs do with large files: whole passes over one file, from front to back or at random, in blocks of one size. A pass that
// writes ends with fsync(2), which counts. Prints {"operations": N, "seconds": S}, an operation being a million bytes.
#include <fcntl.h>
#include <openssl/evp.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <random>
#include <string>
#include <vector>

namespace scone::bench {
namespace {

struct Settings {
  std::string folder = ".";
  double seconds = 4;
  uint64_t file_size = 32 << 20;
  uint64_t block = 64 << 10;
  bool random = false;
};

double now() {
  timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

[[noreturn]] void fail(const char* what) {
  fprintf(stderr, "bench-files: %s: %s\n", what, strerror(errno));
  exit(1);
}

// The blocks of one pass, in the order in which they are moved. The same in each run.
std::vector<uint64_t> places(const Settings& settings) {
  std::vector<uint64_t> offsets(settings.file_size / settings.block);
  std::mt19937_64 draw(1);
  for (uint64_t i = 0; i < offsets.size(); ++i)
    offsets[i] = (settings.random ? draw() % offsets.size() : i) * settings.block;
  return offsets;
}

class File {
 public:
  explicit File(const Settings& settings)
      : settings_(settings), path_(settings.folder + "/file"), block_(settings.block, 'x') {}

  // A file that is written from front to back is made anew in each pass, as a program's output is.
  void open(bool anew) {
    descriptor_ = ::open(path_.c_str(), O_RDWR | O_CREAT | (anew ? O_TRUNC : 0), 0600);
    if (descriptor_ < 0) fail(path_.c_str());
  }
  void close() {
    if (::close(descriptor_) != 0) fail("close");
  }
  void write_at(const std::vector<uint64_t>& offsets) {
    for (const uint64_t offset : offsets) {
      memcpy(block_.data(), &offset, sizeof offset);
      if (pwrite(descriptor_, block_.data(), block_.size(), static_cast<off_t>(offset)) != ssize(block_))
        fail("pwrite");
    }
    if (fsync(descriptor_) != 0) fail("fsync");
  }
  void read_at(const std::vector<uint64_t>& offsets) {
    for (const uint64_t offset : offsets) {
      if (pread(descriptor_, block_.data(), block_.size(), static_cast<off_t>(offset)) != ssize(block_))
        fail("pread");
      if (memcmp(block_.data(), &offset, sizeof offset) != 0) fail("another block was read");
    }
  }
  // So that there is something to read or to overwrite: whole, and with the same blocks as the passes have.
  void fill() {
    Settings in_order = settings_;
    in_order.random = false;
    open(true);
    write_at(places(in_order));
  }

 private:
  static ssize_t ssize(const std::vector<char>& bytes) { return static_cast<ssize_t>(bytes.size()); }
  const Settings& settings_;
  const std::string path_;
  std::vector<char> block_;
  int descriptor_ = -1;
};

// Runs `pass` until the time is up; it moves the bytes of one file.
template <typename Pass>
void report(const Settings& settings, Pass pass) {
  const double begin = now();
  double bytes = 0;
  do {
    pass();
    bytes += static_cast<double>(settings.file_size);
  } while (now() - begin < settings.seconds);
  printf("{\"operations\": %.3f, \"seconds\": %.6f}\n", bytes / 1e6, now() - begin);
}

void writes(const Settings& settings) {
  File file(settings);
  const auto offsets = places(settings);
  if (settings.random) file.fill();
  report(settings, [&] {
    if (!settings.random) file.open(true);
    file.write_at(offsets);
    if (!settings.random) file.close();
  });
}

void reads(const Settings& settings) {
  File file(settings);
  const auto offsets = places(settings);
  file.fill();
  file.read_at(offsets);
  report(settings, [&] { file.read_at(offsets); });
}

// What no encrypted file can exceed: AES-256-GCM over one block after the other, each with its own nonce and tag.
void cipher(const Settings& settings) {
  EVP_CIPHER_CTX* context = EVP_CIPHER_CTX_new();
  std::vector<unsigned char> block(settings.block);
  unsigned char key[32] = {1}, nonce[12] = {}, tag[16];
  if (!context || EVP_EncryptInit_ex(context, EVP_aes_256_gcm(), nullptr, key, nullptr) != 1) fail("cipher");
  report(settings, [&] {
    int size = 0;
    for (uint64_t i = 0; i < settings.file_size / settings.block; ++i) {
      memcpy(nonce, &i, sizeof i);
      if (EVP_EncryptInit_ex(context, nullptr, nullptr, nullptr, nonce) != 1 ||
          EVP_EncryptUpdate(context, block.data(), &size, block.data(), static_cast<int>(block.size())) !=
              1 ||
          EVP_EncryptFinal_ex(context, block.data(), &size) != 1 ||
          EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, sizeof tag, tag) != 1)
        fail("cipher");
    }
  });
  EVP_CIPHER_CTX_free(context);
}

}  // namespace

int main(int argc, char** argv) {
  Settings settings;
  std::string what;
  uint64_t mebibytes = 32, kibibytes = 64;
  CLI::App app("Moves the bytes of a file and prints as JSON how many millions it were.");
  app.add_option("benchmark", what)->required()->check(CLI::IsMember({"write", "read", "cipher"}));
  app.add_option("--folder", settings.folder)->check(CLI::ExistingDirectory);
  app.add_option("--seconds", settings.seconds)->check(CLI::Range(0.0, 3600.0))->capture_default_str();
  app.add_option("--size", mebibytes, "of the file, MiB")->check(CLI::Range(1, 65536))->capture_default_str();
  app.add_option("--block", kibibytes, "KiB")->check(CLI::Range(1, 1024))->capture_default_str();
  app.add_flag("--random", settings.random);
  CLI11_PARSE(app, argc, argv);
  settings.file_size = mebibytes << 20;
  settings.block = kibibytes << 10;
  (what == "write" ? writes : what == "read" ? reads : cipher)(settings);
  return 0;
}

}  // namespace scone::bench

int main(int argc, char** argv) { return scone::bench::main(argc, argv); }
