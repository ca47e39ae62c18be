// A recorded stream for tests: what an enclave would have written in a run.
#pragma once

#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <vector>

#include "console/reader.h"
#include "console/writer.h"

namespace scone::console {

inline const std::vector<uint8_t> kTestKey(kKeySize, 0x42);
inline Key test_key(const std::vector<uint8_t>& key = kTestKey) { return Key(key.data(), kKeySize); }

// Sessions of different numbers share nothing.
inline Session test_session(uint8_t number, bool with_client = false) {
  Session session;
  memset(session.enclave, number, kNonceSize);
  if (with_client) memset(session.client, number + 100, kNonceSize);
  return session;
}

// Lines without newlines: hello, `texts` as data, end.
inline std::vector<std::string> recorded(const Session& session, Stream stream,
                                         const std::vector<std::string>& texts, uint32_t status = 0) {
  std::vector<std::string> lines;
  Line line;
  const auto keep = [&](Result<void> written) {
    EXPECT_TRUE(written.ok());
    lines.emplace_back(line.text, line.size - 1);
  };
  if (stream == Stream::kOutput && session.has_client()) keep(write_challenge(test_key(), session, line));
  RecordWriter writer(stream);
  keep(writer.hello(test_key(), session, line));
  for (const std::string& text : texts)
    keep(writer.write(RecordType::kData, Bytes(reinterpret_cast<const uint8_t*>(text.data()), text.size()),
                      line));
  if (stream == Stream::kInput)
    keep(writer.write(RecordType::kClosed, {}, line));
  else
    keep(writer.end(status, line));
  return lines;
}

// What a reader makes of lines: the data up to the first fault, and the fault.
struct Reading {
  std::string data;
  Fault fault = Fault::kNone;
};
inline Reading read_all(RecordReader& reader, const std::vector<std::string>& lines) {
  Reading reading;
  for (const std::string& line : lines) {
    Record record;
    if (reader.read(line, record) != Fault::kNone) break;
    if (record.type == RecordType::kData) reading.data.append(record.payload.begin(), record.payload.end());
  }
  reading.fault = reader.finish();
  return reading;
}
inline Reading read_all(Stream stream, const std::vector<std::string>& lines) {
  RecordReader reader(test_key(), stream);
  return read_all(reader, lines);
}

}  // namespace scone::console
