// libFuzzer target: lines of a console, as a host would forge them.
//
// The first byte chooses: either the rest is what came over the wire, or it is a script that changes an honest recording, so that
// the fuzzer gets past the cryptography.
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "console/line_splitter.h"
#include "console/reader.h"
#include "console/writer.h"

namespace {

using namespace scone::console;

constexpr uint8_t kKey[kKeySize] = {7};
constexpr char kText[] = "abcdefgh";

void require(bool condition) {
  if (!condition) std::abort();
}

std::string line_of(const Line& line) { return {line.text, line.size}; }

std::vector<std::string> record() {
  std::vector<std::string> lines;
  RecordWriter writer(Stream::kOutput);
  Session session;
  session.enclave[0] = 1;
  Line line;
  require(writer.hello(Key(kKey), session, line).ok());
  lines.push_back(line_of(line));
  for (const char* text = kText; *text; ++text) {
    require(writer.write(RecordType::kData, Bytes(reinterpret_cast<const uint8_t*>(text), 1), line).ok());
    lines.push_back(line_of(line));
  }
  require(writer.end(0, line).ok());
  lines.push_back(line_of(line));
  return lines;
}

// Whatever came: what is let through is a beginning of the truth, and all of it only if nothing was changed.
void check(const std::string& wire, const std::string& honest) {
  LineSplitter splitter;
  RecordReader reader(Key(kKey), Stream::kOutput);
  std::string data;
  Record got;
  auto read = [&](std::string_view line) {
    if (reader.read(line, got) == Fault::kNone && got.type == RecordType::kData)
      data.append(got.payload.begin(), got.payload.end());
  };
  for (size_t at = 0; at < wire.size();) {
    const size_t size = std::min(splitter.room(), wire.size() - at);
    require(size > 0);
    memcpy(splitter.tail(), wire.data() + at, size);
    splitter.added(size);
    at += size;
    for (std::string_view line; splitter.next(line);) read(line);
  }
  if (!splitter.rest().empty()) read(splitter.rest());
  require(std::string_view(kText).starts_with(data));
  if (reader.finish() == Fault::kNone) require(data == kText);
  if (wire == honest) require(reader.finish() == Fault::kNone);
}

// Two bytes for each change: what, and where or which.
std::string changed(std::vector<std::string> lines, const uint8_t* script, size_t size) {
  for (size_t i = 0; i + 2 <= size && !lines.empty(); i += 2) {
    std::string& line = lines[script[i + 1] % lines.size()];
    switch (script[i] % 5) {
      case 0: lines.erase(lines.begin() + script[i + 1] % static_cast<ptrdiff_t>(lines.size())); break;
      case 1: lines.push_back(std::string(line)); break;
      case 2: std::swap(line, lines[script[i] / 5 % lines.size()]); break;
      case 3: if (!line.empty()) line[script[i] % line.size()] = static_cast<char>(script[i + 1]); break;
      default: line.resize(line.size() / 2);
    }
  }
  std::string wire;
  for (const std::string& line : lines) wire += line;
  return wire;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  static const std::vector<std::string> recording = record();
  static const std::string honest = changed(recording, nullptr, 0);
  const std::string wire = data[0] % 2 ? std::string(reinterpret_cast<const char*>(data) + 1, size - 1)
                                       : changed(recording, data + 1, size - 1);
  check(wire, honest);
  return 0;
}
