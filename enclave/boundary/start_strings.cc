#include "enclave/boundary/start_strings.h"

#include <linux/errno.h>

#include <new>

#include "crypto/wipe.h"
#include "enclave/boundary/host_call.h"
#include "enclave/boundary/host_state.h"
#include "enclave/runtime/memory.h"

namespace scone::boundary {
namespace {

constexpr uint64_t kMaxStrings = 1 << 20;

// Takes the next NUL-terminated string of [text, end).
const char* next_string(char*& text, const char* end) {
  char* begin = text;
  while (text != end && *text) ++text;
  if (text == end) host_violation("unterminated argument strings");
  ++text;
  return begin;
}

}  // namespace

Result<StartStrings> StartStrings::read() {
  const abi::StartInfo& info = start_info();
  if (info.argc > kMaxStrings || info.envc > kMaxStrings) return Errno(E2BIG);
  auto* text = new (std::nothrow) char[info.strings_size + 1];
  auto** pointers = new (std::nothrow) const char*[info.argc + info.envc + 3];
  StartStrings strings(text, pointers);
  if (!text || !pointers) return Errno(ENOMEM);
  // SAFETY: the range was checked to be host memory at start.
  memcpy(text, reinterpret_cast<const void*>(info.strings), info.strings_size);
  const char* end = text + info.strings_size;
  *pointers++ = next_string(text, end);
  for (uint64_t i = 0; i < info.argc; ++i) *pointers++ = next_string(text, end);
  *pointers++ = nullptr;
  for (uint64_t i = 0; i < info.envc; ++i) *pointers++ = next_string(text, end);
  *pointers = nullptr;
  return strings;
}

StartStrings::~StartStrings() {
  delete[] text_;
  delete[] pointers_;
}

const char* const* StartStrings::envp() const { return pointers_ + 1 + start_info().argc + 1; }

void StartStrings::remove_variable(std::string_view name) {
  const char** kept = pointers_ + 1 + start_info().argc + 1;
  for (const char** each = kept; *each; ++each) {
    const std::string_view entry(*each);
    if (entry.size() > name.size() && entry.starts_with(name) && entry[name.size()] == '=')
      crypto::wipe(text_ + (*each - text_), entry.size());
    else
      *kept++ = *each;
  }
  *kept = nullptr;
}

}  // namespace scone::boundary
