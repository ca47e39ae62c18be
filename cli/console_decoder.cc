#include "cli/console_decoder.h"

#include <cstring>

namespace scone::cli {

using console::Fault;
using console::Record;
using console::RecordReader;
using console::RecordType;
using console::Stream;

void ConsoleDecoder::expect(const console::Session& session) {
  output_.expect(session);
  error_.expect(session);
}

void ConsoleDecoder::feed(console::LineSplitter& lines, std::string_view bytes) {
  while (!bytes.empty()) {
    const size_t count = std::min(bytes.size(), lines.room());
    memcpy(lines.tail(), bytes.data(), count);
    lines.added(count);
    bytes.remove_prefix(count);
    for (std::string_view line; lines.next(line);) take_line(line);
  }
}

void ConsoleDecoder::finish(console::LineSplitter& lines) {
  if (!lines.rest().empty()) take_line(lines.rest());
}

void ConsoleDecoder::finish_output() {
  if (!problem_ && output_.finish() != Fault::kNone) fail(output_, output_.finish());
}

void ConsoleDecoder::finish_all(bool required) {
  if (problem_) return;
  for (const RecordReader* reader : {&output_, &error_}) {
    if (!required && !reader->greeted()) continue;
    if (reader->finish() != Fault::kNone) return fail(*reader, reader->finish());
  }
  if (!began()) fail(output_, Fault::kTruncated);
}

// The record's own word, which reader and key will prove.
RecordReader& ConsoleDecoder::reader_of(std::string_view line) {
  uint8_t record[console::kMaxRecord];
  const size_t size = console::unarmor(line, record);
  const bool is_error = size >= sizeof(console::RecordHeader) &&
                        record[offsetof(console::RecordHeader, stream)] == static_cast<uint8_t>(Stream::kError);
  return is_error ? error_ : output_;
}

void ConsoleDecoder::take_line(std::string_view line) {
  if (problem_) return;
  if (!console::is_armored(line)) return sink_.foreign(line);
  RecordReader& reader = reader_of(line);
  Record record;
  const Fault fault = reader.read(line, record);
  if (fault != Fault::kNone) return fail(reader, fault);
  take_record(reader, record);
}

void ConsoleDecoder::take_record(RecordReader& reader, const Record& record) {
  switch (record.type) {
    case RecordType::kChallenge: return sink_.challenge();
    case RecordType::kHello: return expect(reader.session());  // one session for both streams
    case RecordType::kData: return sink_.data(reader.stream(), record.payload);
    case RecordType::kClosed: return sink_.closed(reader.stream());
    case RecordType::kEnd: status_ = console::wait_status(record); return;
    case RecordType::kTerminal: return;  // no reader of output lets one through
  }
}

void ConsoleDecoder::fail(const RecordReader& reader, Fault fault) {
  problem_ = std::string(console::name(reader.stream())) + ": " + console::describe(fault);
  if (fault == Fault::kMissing && reader.greeted())
    *problem_ += ": number " + std::to_string(reader.seen_sequence()) + " came where " +
                 std::to_string(reader.expected_sequence()) + " belongs";
  if (fault == Fault::kMissing && !reader.greeted()) *problem_ += ": the first one did not come";
  if (fault == Fault::kReplayed) *problem_ += ": number " + std::to_string(reader.seen_sequence());
}

}  // namespace scone::cli
