#include "enclave/boundary/log.h"

#include "abi/border.h"
#include "enclave/boundary/arena.h"
#include "enclave/boundary/host_call.h"
#include "enclave/boundary/host_state.h"
#include "enclave/entry/ethread.h"
#include "enclave/runtime/memory.h"

namespace scone::boundary {

Line& Line::operator<<(char character) {
  if (size_ < kCapacity) text_[size_++] = character;
  return *this;
}

Line& Line::operator<<(const char* text) {
  while (*text) *this << *text++;
  return *this;
}

Line& Line::operator<<(uint64_t number) {
  char digits[20];
  int count = 0;
  do digits[count++] = static_cast<char>('0' + number % 10);
  while (number /= 10);
  while (count) *this << digits[--count];
  return *this;
}

Line& Line::operator<<(int64_t number) {
  if (number >= 0) return *this << static_cast<uint64_t>(number);
  return *this << '-' << (uint64_t{0} - static_cast<uint64_t>(number));
}

Line& Line::hex(uint64_t number) {
  *this << "0x";
  int shift = 60;
  while (shift > 0 && !(number >> shift & 15)) shift -= 4;
  for (; shift >= 0; shift -= 4) *this << "0123456789abcdef"[number >> shift & 15];
  return *this;
}

Line& Line::quoted(const char* text, size_t size, size_t limit) {
  *this << '"';
  for (size_t i = 0; i < size && i < limit; ++i) {
    const char c = text[i];
    if (c == '\n')
      *this << "\\n";
    else if (c == '"' || c == '\\')
      *this << '\\' << c;
    else if (c >= ' ' && c < 127)
      *this << c;
    else
      *this << "\\x" << "0123456789abcdef"[static_cast<uint8_t>(c) >> 4] << "0123456789abcdef"[c & 15];
  }
  *this << '"';
  return size > limit ? *this << "..." : *this;
}

void log(const Line& line) {
  const uint64_t page = log_page(entry::this_ethread().number);
  // SAFETY: log pages lie in the arena, which was validated at start.
  memcpy(reinterpret_cast<void*>(page), line.data(), line.size());
  runner_call(abi::RunnerCall::kLog, page, line.size());
}

void host_violation(const char* what) {
  log(Line() << "scone: stopped: the host broke the protocol: " << what);
  leave_for_good(abi::ExitReason::kAbort, 6);
}

void panic(const char* what) {
  log(Line() << "scone: internal error: " << what);
  leave_for_good(abi::ExitReason::kAbort, 6);
}

}  // namespace scone::boundary
