#include "enclave/syscall/trace.h"

#include "abi/border.h"
#include "enclave/boundary/app_ptr.h"
#include "enclave/boundary/host_state.h"
#include "enclave/boundary/log.h"
#include "enclave/process/restart.h"

namespace scone::syscall {
namespace {

using boundary::Line;

void put_string(Line& line, uint64_t address) {
  char text[65];
  if (address == 0) {
    line << "NULL";
    return;
  }
  auto length = boundary::copy_string_from_app(text, AppPtr<const char>(address), sizeof text - 1);
  if (length.ok())
    line.quoted(text, length.value());
  else if (length.error() == Errno(ENAMETOOLONG))
    line.quoted(text, sizeof text - 1, sizeof text - 2);
  else
    line.hex(address);
}

void put_octal(Line& line, uint64_t value) {
  line << '0';
  for (int shift = 21; shift >= 0; shift -= 3)
    if (value >> shift) line << static_cast<char>('0' + (value >> shift & 7));
}

void put_argument(Line& line, char kind, uint64_t value) {
  switch (kind) {
    case 'd':
      line << static_cast<int64_t>(static_cast<int32_t>(value));
      break;
    case 'u':
    case 'z':
      line << value;
      break;
    case 'o':
      put_octal(line, value);
      break;
    case 's':
      put_string(line, value);
      break;
    case 'p':
      if (value == 0) {
        line << "NULL";
        break;
      }
      [[fallthrough]];
    default:
      line.hex(value);
  }
}

void put_call(Line& line, sched::Lthread& thread, uint64_t number, const Entry* entry, const uint64_t* arguments) {
  line << "[" << thread.tid() << "] ";
  if (entry)
    line << entry->name << '(';
  else
    line << "syscall_" << number << '(';
  const char* signature = entry ? entry->signature : "xxxxxx";
  for (int i = 0; signature[i] && i < 6; ++i) {
    if (i) line << ", ";
    put_argument(line, signature[i], arguments[i]);
  }
  line << ')';
}

bool never_returns(uint64_t number) { return number == 60 || number == 231 || number == 15; }

}  // namespace

bool tracing() { return boundary::start_info().flags & abi::kFlagTrace; }

void trace_entry(sched::Lthread& thread, uint64_t number, const Entry* entry, const uint64_t* arguments) {
  if (!never_returns(number)) return;
  Line line;
  put_call(line, thread, number, entry, arguments);
  boundary::log(line);
}

void trace_exit(sched::Lthread& thread, uint64_t number, const Entry* entry, const uint64_t* arguments,
                const Result<uint64_t>& result) {
  if (never_returns(number)) return;
  Line line;
  put_call(line, thread, number, entry, arguments);
  line << " = ";
  if (!result.ok()) {
    const int code = result.error().code();
    if (code >= process::kRestartSys)
      line << "? (interrupted)";
    else
      line << "-1 (errno " << code << ")";
  } else if (result.value() > UINT32_MAX) {
    line.hex(result.value());
  } else {
    line << result.value();
  }
  boundary::log(line);
}

}  // namespace scone::syscall
