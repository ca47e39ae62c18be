#include "enclave/shield/console_input.h"

namespace scone::shield {

// False at the end of the host's file.
bool ConsoleInput::fill() {
  auto to = file::IoVector::of_runtime(lines_.tail(), lines_.room());
  const Result<size_t> count = host_->read(to, {});
  if (!count.ok() || count.value() == 0) return false;
  lines_.added(count.value());
  return true;
}

console::Fault ConsoleInput::next(console::Record& record) {
  std::string_view line;
  while (!lines_.next(line))
    if (!fill()) return lines_.rest().empty() ? console::Fault::kTruncated : console::Fault::kDamagedLine;
  return reader_.read(line, record);
}

}  // namespace scone::shield
