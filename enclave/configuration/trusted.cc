#include "enclave/configuration/trusted.h"

#include <new>

#include "crypto/wipe.h"
#include "enclave/boundary/start_scf.h"
#include "scf/envelope.h"
#include "scf/parse.h"

namespace scone::configuration {
namespace {

// Written by receive(), before there is a second thread.
constinit scf::Configuration g_configuration;
constinit bool g_present = false;

// Bytes on the heap.
class Buffer {
 public:
  explicit Buffer(size_t size) : bytes_(new (std::nothrow) uint8_t[size]), size_(bytes_ ? size : 0) {}
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;
  ~Buffer() { delete[] bytes_; }
  std::span<uint8_t> get() const { return {bytes_, size_}; }
  explicit operator bool() const { return bytes_ != nullptr; }
  std::span<uint8_t> release() {
    const std::span<uint8_t> bytes = get();
    bytes_ = nullptr;
    return bytes;
  }

 private:
  uint8_t* bytes_;
  size_t size_;
};

// What every channel ends with. The configuration refers to the body, which stays.
scf::Defect adopt(Buffer& body) {
  const scf::Defect defect = scf::parse(body.get(), g_configuration);
  if (defect == scf::Defect::kNone) {
    body.release();
    g_present = true;
  } else {
    crypto::wipe(body.get().data(), body.get().size());
  }
  return defect;
}

scf::Defect open_file(scf::Bytes file) {
  crypto::Secret<scf::kKeySize> key;
  boundary::take_start_scf_key(key.bytes());
  scf::Defect defect;
  Buffer body(scf::body_size(file, defect));
  if (defect == scf::Defect::kNone && !body) defect = scf::Defect::kTooLarge;
  if (defect == scf::Defect::kNone) defect = scf::open(key.bytes(), file, body.get());
  return defect == scf::Defect::kNone ? adopt(body) : defect;
}

void wipe(scf::Bytes key) {
  // SAFETY: the body is memory of ours, which only adopt() made read-only.
  crypto::wipe(const_cast<uint8_t*>(key.data()), key.size());
}

}  // namespace

scf::Defect receive() {
  const size_t size = boundary::start_scf_size();
  if (size == 0) return scf::Defect::kNone;
  Buffer file(size);
  if (!file) return scf::Defect::kTooLarge;
  boundary::copy_start_scf(file.get());
  return open_file(file.get());
}

const scf::Configuration* trusted() { return g_present ? &g_configuration : nullptr; }

void wipe_keys() {
  if (!g_present) return;
  if (g_configuration.fspf) wipe(g_configuration.fspf->key);
  if (g_configuration.console) wipe(g_configuration.console->key);
}

}  // namespace scone::configuration
