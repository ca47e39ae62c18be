// libFuzzer target: whatever a start-up configuration holds, it is refused or has one meaning.
#include <cstdlib>
#include <vector>

#include "scf/encode.h"
#include "scf/envelope.h"
#include "scf/parse.h"

namespace {

using namespace scone::scf;

void require(bool condition) {
  if (!condition) std::abort();
}

void check_strings(const StringList& list, Bytes body) {
  size_t count = 0;
  for (std::string_view text : list) {
    const auto* begin = reinterpret_cast<const uint8_t*>(text.data());
    require(begin >= body.data() && begin + text.size() < body.data() + body.size());
    require(text.data()[text.size()] == '\0');
    ++count;
  }
  require(count == list.count());
}

void check_body(Bytes body) {
  Configuration configuration;
  if (parse(body, configuration) != Defect::kNone) return;
  require(configuration.arguments.count() >= 1);
  check_strings(configuration.arguments, body);
  check_strings(configuration.environment, body);
  std::vector<uint8_t> again(encoded_size(configuration));
  encode(configuration, again);
  require(std::equal(body.begin(), body.end(), again.begin(), again.end()));
}

void check_file(Bytes file) {
  const uint8_t key[kKeySize] = {1};
  Defect defect;
  std::vector<uint8_t> body(body_size(file, defect));
  require(defect != Defect::kNone || file_size(body.size()) == file.size());
  if (defect == Defect::kNone) require(open(key, file, body) != Defect::kNone);  // nobody knows the tag
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  check_body({data, size});
  check_file({data, size});
  return 0;
}
