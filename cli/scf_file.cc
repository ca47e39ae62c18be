#include "cli/scf_file.h"

#include <vector>

#include "cli/whole_file.h"
#include "crypto/random.h"
#include "scf/encode.h"
#include "scf/envelope.h"
#include "scf/parse.h"

namespace scone::cli {
namespace {

// A body in the clear: wiped when it goes.
struct Body {
  explicit Body(size_t size) : bytes(size) {}
  Body(const Body&) = delete;
  Body& operator=(const Body&) = delete;
  ~Body() { crypto::wipe(bytes.data(), bytes.size()); }
  std::vector<uint8_t> bytes;
};

}  // namespace

std::optional<std::string> seal_scf(const ScfText& text, const Key& key, std::string& error) {
  const scf::Configuration configuration = text.view();
  Body body(scf::encoded_size(configuration));
  scf::encode(configuration, body.bytes);
  scf::Configuration parsed;
  scf::Defect defect = scf::parse(body.bytes, parsed);  // the enclave will do the same
  uint8_t id[scf::kIdSize];
  if (defect == scf::Defect::kNone && !crypto::random_bytes(id).ok()) defect = scf::Defect::kNoCrypto;
  std::string file(scf::file_size(body.bytes.size()), '\0');
  if (defect == scf::Defect::kNone)
    defect = scf::seal(key.bytes(), id, body.bytes, {reinterpret_cast<uint8_t*>(file.data()), file.size()});
  if (defect == scf::Defect::kNone) return file;
  error = scf::describe(defect);
  return std::nullopt;
}

std::optional<ScfText> open_scf(const std::string& path, const Key& key, std::string& error) {
  const auto file = read_whole_file(path, scf::kMaxFile, error);
  if (!file) return std::nullopt;
  const scf::Bytes bytes(reinterpret_cast<const uint8_t*>(file->data()), file->size());
  scf::Defect defect;
  Body body(scf::body_size(bytes, defect));
  if (defect == scf::Defect::kNone) defect = scf::open(key.bytes(), bytes, body.bytes);
  scf::Configuration configuration;
  if (defect == scf::Defect::kNone) defect = scf::parse(body.bytes, configuration);
  if (defect == scf::Defect::kNone) return ScfText::of(configuration);
  error = path + ": " + scf::describe(defect);
  return std::nullopt;
}

}  // namespace scone::cli
