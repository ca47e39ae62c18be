#include "scf/encode.h"

#include "scf/field.h"

namespace scone::scf {
namespace {

// Appends to a buffer, or only counts if there is none.
class Writer {
 public:
  explicit Writer(uint8_t* to) : to_(to) {}
  size_t size() const { return size_; }

  void field(FieldType type, const void* bytes, size_t length) {
    head(type, length);
    put(bytes, length);
  }
  void strings(FieldType type, const StringList& list) {
    if (!list.bytes().empty()) field(type, list.bytes().data(), list.bytes().size());
  }
  void text(FieldType type, std::string_view text) {
    if (text.empty()) return;
    head(type, text.size() + 1);
    put(text.data(), text.size());
    put("", 1);
  }
  void byte(FieldType type, uint8_t value) { field(type, &value, 1); }

 private:
  void head(FieldType type, size_t length) {
    const uint32_t words[2] = {static_cast<uint32_t>(type), static_cast<uint32_t>(length)};
    put(words, sizeof words);
  }
  void put(const void* bytes, size_t length) {
    if (to_ && length > 0) __builtin_memcpy(to_ + size_, bytes, length);
    size_ += length;
  }

  uint8_t* to_;
  size_t size_ = 0;
};

void write(const Configuration& configuration, Writer& to) {
  to.strings(FieldType::kArguments, configuration.arguments);
  to.strings(FieldType::kEnvironment, configuration.environment);
  to.text(FieldType::kProgram, configuration.program);
  to.text(FieldType::kWorkingDirectory, configuration.working_directory);
  if (const auto& fspf = configuration.fspf) {
    to.text(FieldType::kFspfPath, fspf->path);
    to.field(FieldType::kFspfKey, fspf->key.data(), fspf->key.size());
    to.field(FieldType::kFspfTag, fspf->tag.data(), fspf->tag.size());
    to.byte(FieldType::kFspfMutable, fspf->is_mutable ? 1 : 0);
  }
  if (const auto& console = configuration.console) {
    to.field(FieldType::kConsoleKey, console->key.data(), console->key.size());
    to.byte(FieldType::kConsoleMode, static_cast<uint8_t>(console->mode));
  }
}

}  // namespace

size_t encoded_size(const Configuration& configuration) {
  Writer counter(nullptr);
  write(configuration, counter);
  return counter.size();
}

void encode(const Configuration& configuration, std::span<uint8_t> to) {
  Writer writer(to.data());
  write(configuration, writer);
}

}  // namespace scone::scf
