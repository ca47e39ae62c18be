// The output of a shielded console, from the host's bytes back to what the program wrote.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "console/line_splitter.h"
#include "console/reader.h"

namespace scone::cli {

// What comes out. Called in the order of the lines.
class ConsoleSink {
 public:
  virtual void challenge() = 0;                                            // session() has the enclave's nonce
  virtual void data(console::Stream stream, console::Bytes bytes) = 0;     // authentic
  virtual void closed(console::Stream stream) = 0;                         // the program closed it
  virtual void foreign(std::string_view line) = 0;                         // not the enclave's: whatever the host likes to say

 protected:
  ~ConsoleSink() = default;
};

// Verifies stdout and stderr, however the host mixed their lines: a record says itself, authentically, which stream it belongs to.
// After the first fault nothing more comes out.
class ConsoleDecoder {
 public:
  // `key` must outlive it.
  ConsoleDecoder(console::Key key, ConsoleSink& sink)
      : output_(key, console::Stream::kOutput), error_(key, console::Stream::kError), sink_(sink) {}

  // Both streams must belong to this session: this end has a part in it.
  void expect(const console::Session& session);
  // As much of `bytes` as there is, from one of the host's two descriptors.
  void feed(console::LineSplitter& lines, std::string_view bytes);
  // That descriptor has ended.
  void finish(console::LineSplitter& lines);
  // Nothing more can come for stdout.
  void finish_output();
  // All has ended. Streams that never began are in order if not all of them are `required`.
  void finish_all(bool required);

  // One line that says what is wrong, and where.
  const std::optional<std::string>& problem() const { return problem_; }
  const console::Session& session() const { return output_.session(); }
  bool ended() const { return output_.ended() && error_.ended(); }
  bool began() const { return output_.greeted() || error_.greeted(); }
  // wait(2) status of the process. Empty: it has not ended.
  std::optional<uint32_t> status() const { return status_; }

 private:
  void take_line(std::string_view line);
  void take_record(console::RecordReader& reader, const console::Record& record);
  void fail(const console::RecordReader& reader, console::Fault fault);
  console::RecordReader& reader_of(std::string_view line);

  console::RecordReader output_, error_;
  ConsoleSink& sink_;
  std::optional<std::string> problem_;
  std::optional<uint32_t> status_;
};

}  // namespace scone::cli
